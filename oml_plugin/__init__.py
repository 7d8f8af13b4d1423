"""The OML side: a Django app that runs inside OMniLeads, with OML's own models and synchronisers."""
