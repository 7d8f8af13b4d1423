"""The commands of `manage.py pbx_link`."""
