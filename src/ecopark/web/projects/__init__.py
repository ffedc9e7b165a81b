"""Projects from lead to operation: the gate while typing, joint review, decisions kept whole, the quota ledger.

gate        the park's policy, map and ledger as `workflows.admit_project` wants them
told        a decision as plain data in both languages: what the pages show and what is kept
steps       stages as events; the one way a project moves on
decide      a decision: reserved in the ledger, kept in the register, its minutes written
"""
