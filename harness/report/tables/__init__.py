"""Tables as they are read: one description, shown as HTML and as Markdown."""
