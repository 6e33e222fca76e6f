"""docgen: from the records of a syndicat mixte and its lawyers' Word templates to one pack per member.

The flow, in the order in which data goes through it; each module's first line says its one job:

1. `records` reads the YAML as the clerk wrote it (`characters` vouches for its letters, `yaml_faults` says what is
   wrong in its syntax); `values` and `model` say what it may hold; `validate` turns one into the other (`translate`
   gives pydantic its French) with every problem at once, each a value of `diagnostics` with its place and its mend;
   `workspace` knows where the files are and loads them.
2. `tarif` computes the price grid and what a member pays; `formats` writes amounts and dates in French.
3. `context` is the only list of the fields of a template; `template` opens a Word file and finds its fields;
   `lint` says what is wrong with it, `lint_marks` with the places marked in it.
   `compare` tells what differs between two editions, `amendment` what that does to each member;
   `contents` says what each pack is then made of, `context_avenant` what an avenant prints.
4. `receipts` tells what stands, what is not up to date, and why.
5. `render` fills a template; a value that is not known is a `blank`, and `meaning` says where one signs and writes.
   `convert` has LibreOffice (found by `office`, driven by `uno_worker`) make the PDF. `conform` completes it, once per
   piece: tags (`structure`), drawings (`content`), `fields`, placed by what `pdftext` sees on the page. `assemble`
   binds the pieces, `pdfa` says what they claim, `overlay` draws PROJET and the anchors of `signatures`, `form_font` is
   what is typed in. `preflight` believes nothing of all this, `recompute` does the sums again; `binder` leads a pack
   through it, `binding` an act or a statement. `publish` puts it in place, whole or not at all.
   `seance_model` and `seance` do for the assembly what `model` and `tarif` do for the packs; `actes` knows the
   préfecture's formats, `context_acte` the fields of an act, `blank_model` those of its annexes.
6. `build` is the only one who knows that order; `report` writes the page that shows what stands where.
   `deliberation` does for an act what `build` does for the packs. `write_back` and `sendings` note what happened in
   the records (`rewrite` leaves the clerk's layout alone), `status` tells where each member stands.
   `statement` makes the yearly statements of the members, whose fields `context_etat` lists.
7. `verify` says what became of a pack that comes back: `untrusted` keeps out what could harm, `version` sees what the
   file shows, `signers` who signed, `tampering` what changed; `signed` puts it together.
8. `cli` and `told` are the only ones who speak to people (`french_click` gives them the words); `starter` makes a new
   workspace; `schema` is for their editors.
"""

__version__ = "0.1.0"
