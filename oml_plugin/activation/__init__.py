"""How the plugin gets into OML without a change to OML, and how it stays out of OML's way when it is broken.

Two halves. What OML itself runs, at every start and request (`hook`, `addon_entry`,
`safe_app`, `urls`, `page_loading`, `guard`, `database_state`): each
takes in what goes wrong one step further inside, logs it and leaves OML as it would be without the plugin. And the
command `oml-pbx-link` (`cli`, and the modules that it imports), which puts the autoload line in place and takes it
away.
"""
