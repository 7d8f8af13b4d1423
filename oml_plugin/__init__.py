"""The OML side: a Django app that runs inside OMniLeads, on its own models and synchronisers."""
