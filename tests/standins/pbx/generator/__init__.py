"""The stand-in's reload: reads the PBX tables, writes Asterisk's files, reloads Asterisk through AMI.

An independent judge: it shares no code with the product. It also runs as a plain folder, see module_admin.
"""
