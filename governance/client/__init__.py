"""The verbs over HTTP: what the command line does where a service keeps the trail. Nothing it answers is believed that
can be checked here."""
