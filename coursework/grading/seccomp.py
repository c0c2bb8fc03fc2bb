"""A filter of system calls: what no exercise needs and what could reach around the sandbox's limits is refused.

Shared memory and message queues would hold memory that belongs to no process, reserved space in files escapes the limit
on their size, and some families of sockets reach past the network that is not there; the rest narrows the way into the
operating system's kernel. The filter is a program in its own small language (classic BPF); each instruction is
(code, jump if true, jump if false, number). On a machine that is not listed there is no filter.
"""

import platform
import struct

# name: (x86_64, aarch64)
REFUSED = {
    "shmget": (29, 194), "shmat": (30, 196), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "mount": (165, 40), "umount2": (166, 39), "move_mount": (429, 429),
    "open_tree": (428, 428), "fsopen": (430, 430), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97), "setns": (308, 268), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "keyctl": (250, 219), "add_key": (248, 217),
    "request_key": (249, 218), "init_module": (175, 105), "finit_module": (313, 273), "kexec_load": (246, 104),
    "fallocate": (285, 47), "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "personality": (135, 92),
}
SOCKET = (41, 198)
FAMILIES = (1, 2, 10, 16)
"""Of sockets: between processes, IPv4, IPv6, and netlink, which answers about the (empty) network."""
CLONE, CLONE3, CLONE_NEWUSER = (56, 220), (435, 435), 0x10000000
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000  # and the number of the error
NOT_PERMITTED, NOT_THERE, NO_SUCH_FAMILY = REFUSE | 1, REFUSE | 38, REFUSE | 97


def program():
    """The filter as bytes, or b"" where the machine is not listed."""
    if platform.machine() not in ARCHITECTURES:
        return b""
    column, identity = ARCHITECTURES[platform.machine()]
    steps = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, identity), (RETURN, 0, 0, NOT_PERMITTED),  # another machine's numbers
             (LOAD, 0, 0, 0), (AT_LEAST, 0, 1, 0x40000000), (RETURN, 0, 0, NOT_PERMITTED)]
    for numbers in REFUSED.values():
        steps += [(EQUAL, 0, 1, numbers[column]), (RETURN, 0, 0, NOT_PERMITTED)]
    steps += [(EQUAL, 0, 2 + len(FAMILIES), SOCKET[column]), (LOAD, 0, 0, 16)]
    steps += [(EQUAL, len(FAMILIES) - n, 0, family) for n, family in enumerate(FAMILIES)]
    steps += [(RETURN, 0, 0, NO_SUCH_FAMILY), (LOAD, 0, 0, 0)]
    # clone3 hides its flags in memory: say that it does not exist, and the C library turns to clone
    steps += [(EQUAL, 0, 1, CLONE3[column]), (RETURN, 0, 0, NOT_THERE), (EQUAL, 0, 3, CLONE[column]),
              (LOAD, 0, 0, 16), (ANY_BIT, 0, 1, CLONE_NEWUSER), (RETURN, 0, 0, NOT_PERMITTED), (RETURN, 0, 0, ALLOW)]
    return b"".join(struct.pack("HBBI", *step) for step in steps)
