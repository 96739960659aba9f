"""The reference: a login session that outlives its access token, kept in one DynamoDB table.

Read in this order: config, errors, tokens, states, rolling, absolute_end, rows, sessions, burn,
endings, grace, replay, login, flow.
"""
