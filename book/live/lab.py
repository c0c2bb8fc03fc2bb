def build(site):
    pass
