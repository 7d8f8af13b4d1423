"""The fixtures of OML's tests: a plugin may not be loaded both by its folder and by name."""

from tests.oml.conftest import answering_pbx as answering_pbx
from tests.oml.conftest import oml as oml
from tests.oml.conftest import plugin_template as plugin_template
