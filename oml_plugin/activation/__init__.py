"""How the plugin gets into OML without a change to OML, and how it stays out of OML's way when it is broken.

There are two halves. One half OML itself runs, at every start and request: `hook`, `addon_entry`, `safe_app`, `urls`,
`page_loading`, `guard`, `database_state`. Each catches the errors of the ones after it, logs them and leaves OML as it
would be without the plugin. The other half is the command `oml-pbx-link` (`cli`, and the modules that it imports),
which writes the autoload line and removes it.
"""
