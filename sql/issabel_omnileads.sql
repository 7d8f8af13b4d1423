-- The module's own table on the PBX: what of the PBX is ours, and what we last wrote there (secrets masked).
-- Made on first use by issabel_module/storage/ownership.py; a test holds both to the same definition.

CREATE TABLE issabel_omnileads (
	link VARCHAR(32) NOT NULL,
	kind VARCHAR(20) NOT NULL,
	name VARCHAR(60) NOT NULL,
	image MEDIUMTEXT NOT NULL,
	PRIMARY KEY (link, kind, name)
)
