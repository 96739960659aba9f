"""The reference: a login session that outlives its access token, kept in one DynamoDB table.

Read in this order: config, errors, tokens, states, rolling, absolute_end, sessions, burn, grace, login, flow.
"""
