"""Which cells a cell of a notebook needs: a backward slice by names. Standard library only, since pages run it too.

A cell *binds* names at its top level (assignments, imports, definitions), *changes* what a name holds (items,
attributes, methods called for their effect, a random generator that is drawn from), and *uses* names that it has not
bound before. What a function looks for counts where the function is used. The first cell, with imports and style,
belongs to every slice. What names cannot tell, a proof when the book is built does.
"""

import ast
import builtins
import symtable
from dataclasses import dataclass, field

GENERATORS = ("default_rng", "Generator", "RandomState")
BUILTINS = frozenset(dir(builtins))


@dataclass
class Names:
    """What code does to the names of its notebook.

    later: what each of its functions looks for. generators, modules: names of such. perhaps: names bound in a loop or
    a branch.
    """

    binds: set = field(default_factory=set)
    changes: set = field(default_factory=set)
    uses: set = field(default_factory=set)
    later: dict = field(default_factory=dict)
    generators: set = field(default_factory=set)
    modules: set = field(default_factory=set)
    perhaps: set = field(default_factory=set)


def needs(sources):
    """For each cell the numbers of the cells that must run before it, in order; sources: the code of all cells."""
    statements = [[*map(names, parsed(source))] for source in sources]
    everything = [statement for cell in statements for statement in cell]
    generators = set().union(*(statement.generators for statement in everything))
    modules = set().union(*(statement.modules for statement in everything))
    for statement in everything:
        statement.changes = (statement.changes | statement.uses & generators) - modules
    cells = [*map(together, statements)]
    return [needed(cells[:number], cell) for number, cell in enumerate(cells)]


def parsed(source):
    """The statements of a cell; one that cannot be parsed has none."""
    try:
        return ast.parse(source).body
    except SyntaxError:
        return []


def together(statements):
    """What statements do one after the other."""
    whole = Names()
    for statement in statements:
        whole.later |= statement.later
        whole.uses |= with_later(statement.uses, [whole]) - whole.binds
        whole.changes |= statement.changes
        whole.binds |= statement.binds
        whole.perhaps |= statement.perhaps
        whole.generators |= statement.generators
        whole.modules |= statement.modules
    return whole


def needed(before, cell):
    """The numbers of the earlier cells that a cell needs."""
    found, wanted = set(), with_later(cell.uses, before)
    for number in reversed(range(len(before))):
        earlier = before[number]
        if number == 0 or (earlier.binds | earlier.perhaps | earlier.changes) & wanted:
            found.add(number)
            wanted = with_later((wanted - earlier.binds) | earlier.uses | (earlier.changes - earlier.binds),
                                before[:number])
    return sorted(found)


def with_later(wanted, cells):
    """The names together with what the functions among them, and functions of these, look for."""
    while more := {name for cell in cells for function in wanted & set(cell.later) for name in cell.later[function]
                   } - wanted:
        wanted = wanted | more
    return wanted


def names(statement):
    """What a statement does to names; of what a loop or a branch binds, nobody knows whether it is bound."""
    blocks = [getattr(statement, part, []) for part in ("body", "orelse", "finalbody")]
    blocks += [handler.body for handler in getattr(statement, "handlers", [])]
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)) or not any(blocks):
        return simple(statement)
    heads = [simple(ast.Expr(node)) for node in ast.iter_child_nodes(statement) if isinstance(node, ast.expr)
             and node is not getattr(statement, "target", None)]
    heads += [simple(ast.Assign([item.optional_vars], item.context_expr, lineno=0) if item.optional_vars
                     else ast.Expr(item.context_expr)) for item in getattr(statement, "items", [])]
    if isinstance(statement, ast.For):
        heads.append(simple(ast.Assign([statement.target], ast.Constant(0), lineno=0)))
    if isinstance(statement, ast.With):
        return together([*heads, *map(names, statement.body)])
    head, found = together(heads), together([])
    for block in blocks:
        inside = together([head, *map(names, block)])
        found = Names(set(), found.changes | inside.changes, found.uses | inside.uses, found.later | inside.later,
                      found.generators | inside.generators, found.modules | inside.modules,
                      found.perhaps | inside.binds | inside.perhaps)
    return found


def simple(statement):
    """What a statement without a block of its own does to names."""
    table, found = symtable.symtable(ast.unparse(statement), "cell", "exec"), Names()
    for symbol in table.get_symbols():
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace():
            found.binds.add(symbol.get_name())
        if symbol.is_imported():
            found.modules.add(symbol.get_name())
        if symbol.is_referenced() or isinstance(statement, ast.AugAssign):
            found.uses.add(symbol.get_name())
    for child in table.get_children():
        if child.get_name() in found.binds:
            found.later[child.get_name()] = globals_of(child) - BUILTINS
        else:
            found.uses |= globals_of(child)  # a lambda or a comprehension
    found.uses -= BUILTINS
    for node in ast.walk(statement):
        note(node, found)
    return found


def globals_of(table):
    """The names of the notebook that a function's code looks for, with those of functions inside of it."""
    own = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global() and symbol.is_referenced()}
    return own.union(*map(globals_of, table.get_children()))


def note(node, found):
    """What an expression or an assignment changes without binding it."""
    targets = {ast.Assign: lambda: node.targets, ast.AugAssign: lambda: [node.target], ast.Delete: lambda: node.targets,
               ast.For: lambda: [node.target], ast.Expr: lambda: [node.value.func] if isinstance(node.value, ast.Call)
               else []}.get(type(node), list)()
    for target in targets:
        root = target
        while isinstance(root, (ast.Attribute, ast.Subscript, ast.Starred)):
            root = root.value
        if isinstance(root, ast.Name) and root is not target:
            found.changes.add(root.id)
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and \
            getattr(node.value.func, "attr", getattr(node.value.func, "id", "")) in GENERATORS:
        found.generators |= {target.id for target in node.targets if isinstance(target, ast.Name)}
