"""The page on OML: views, forms and the jobs they start. Templates are in `oml_plugin/templates/pbx_link`."""
