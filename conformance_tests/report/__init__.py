"""The reports: one module for each form, all of one `verdict.Report`."""
