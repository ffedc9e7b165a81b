"""The site: one data room for the office, its firms, its consultants and the department above.

It stores, asks permission, calls a workflow and shows. It computes nothing itself.

    settings, urls     what Django reads first
    people/            users, roles, tokens; `people.access` is the one place that decides who may do what
    parks/             parks, areas, departments, subjects, map layers
    figures/           figures as typed, their revisions, evidence, imports, submissions; `figures.facts` makes `Facts` of them
    assess/            assessments once shown are kept whole; matrix, clauses, drawer, what-if
    projects/          projects from lead to operation, the gate while typing, decisions kept whole, the quota ledger
    firms/             registry and merge, grades and appeals, audits and retrofits, land renewal
    tasks/, cases/     what is put right: tasks with lights, cases from finding to closing; events that are never changed
    jobs/              long work in the background, with progress, that can be cancelled
"""
