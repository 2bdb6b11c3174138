"""Users, roles, areas of duty, tokens and the audit trail."""
