"""What the tests of the command line share. Every module of this folder is a program of its own:
`MARQUEE=build/release/marquee python3 tests/cli/pipeline_test.py [Class[.test]]`. It ends with 77
where every test skipped."""

from artefacts import hidden, listing, manifest_of, rewrite_manifest, sha256, what_is_broken
from case import CRASHES, SKIPPED, Case, main
from program import PROGRAM, SOURCE, TIMEOUT, Result, environment, finish, run, start, text_of, wait_until
from samples import (CONFIG, GENRES, KINDS, MEAN, SAMPLED, bundle, config, dataset, must, raw, scratch,
                     trained, write_config, write_events, write_titles, yaml_of)
