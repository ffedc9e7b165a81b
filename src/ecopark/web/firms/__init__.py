"""Firms: registry with merge, grades with appeals, audits and retrofits, land renewal.

registry    lists paged in the database; adding and editing with history; merging doubles, undoable
grades      the park's firm figures graded by a method, kept per method and year; appeals
land        the land renewal programme and its order within a budget
"""
