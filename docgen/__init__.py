"""docgen: from the records of a syndicat mixte and its lawyers' Word templates to one pack per member.

The packages are the steps, in the order in which data goes through them; each takes what the one before gives. The
first line of every module says its one job.

1. `model`: what docgen speaks of, frozen and typed: `fiches` (syndicat, membre and their `formes`), the `edition`
   with its volets and their prices, the `seance`, the `expedition` of a pack, the `transmission` of an act,
   their `values`.
2. `law`: `tarif` computes the prices and what a member pays, by the `modeles` of pricing; `souscriptions` says what it
   takes on a day, `contrats` what it has signed, `annee` what it owes for a year. `seance` knows the quorum and the
   majority, `delais` before which day nothing may leave, `prefecture` the formats of the sending of acts, `courriers`
   what is sent back.
3. `records`: `reading` takes the YAML as the clerk wrote it (`characters` vouches for its letters, `yaml_faults` says
   what is wrong in its syntax); `validate` turns it into the model (`translate` gives pydantic its French) with every
   problem at once, each a value of `diagnostics` with its place and its mend: the `volets` of an edition, the
   `subscriptions` of its members, the `votes` that its edition rests on. `exemples` knows those that are still to be
   replaced, `identity` looks at names and
   forms, `expeditions` are the receipts of
   what was sent, `successions` tell who took over from whom. `workspace` knows where the files are
   and loads them (`strays` are none of them), `schema` is for editors, `rewrite` adds to a record without touching its
   layout, `edit` changes one by its `layout`, `one` judges it before.
4. `champs`: the only lists of the fields of the templates, with what each prints: of a `pack`, of the `volets` of its
   edition, an `acte`, an `etat`, a `blank_model`; `examples` shows it. A value
   that the record lacks is a `blank`, that knows which field it stands for. `expected` says
   which fields a pack cannot do without.
5. `word`: `package` opens a Word file that nobody vouches for, `expressions` and its `filters` are what a template may
   say, `syntax` what cannot be read in it, `template` its parts, its fields and where each stands. `render` fills it:
   what becomes of Word's own fields is in `codes`, of what they refer to in `references`, of its signs in `signs`,
   of its notes in `notes`, of its
   `ordinals`, by
   the `fonts` that its words have (`glyphs`: and do not have). `meaning` notes what its PDF is to say besides, `area`
   where its pages may hold text, `passages` what is read there, `toc` what its tables say. `compare` tells what differs
   between two editions, by titles that `numbering` gives their numbers.
6. `pdf`: `convert` has LibreOffice (driven by `uno_worker`) make the PDF; documents of one of the `shapes` are opened
   once, by `uno_shapes`. `conform` completes it, once per piece: tags
   (`structure`), drawings (`content`), `fields`, placed by what `pdftext` sees on the page. `assemble` binds the
   pieces: `pdfa` is what they claim, `overlay` draws PROJET and the anchors of `signatures`, `form_font` is what is
   typed in.
7. `redline`: `tracked` compares two documents part by part and checks itself. `wording` reads their words, `alignment`
   pairs their blocks, `marking` writes the marks of insertion and deletion, `carried` makes former content fit the new
   file, `revisions` accepts or rejects, `besides`
   tells what no mark shows.
8. `lint`, what is wrong with a Word file: `rules` with its tags, `cut` with those that end elsewhere, `conditions` with
   what they decide, `codes` with the fields of Word, `byhand` with
   references by hand, `controls` with what is to be filled in, `glyphs` with letters
   that no font has, `links` with where it leads, `file` with what else it holds, `fit` with
   what is too wide, `marks` with the places marked in it,
   `house` with the habits of the house; `branches` what it decides for real members. `anchors` finds the words of a
   problem again, `comments` writes it in the margin and `seal` knows whether somebody worked in there since.
9. `packs`: `together` says what only shows once templates and members meet; `amendment` decides what is sent to whom,
   `contents` what it is made of, `avenant` what one prints; `receipts` tells what stands, what is not up to date, and
   why. `build` decides and publishes; between, each pack is a pure function (`jobs`: fill, convert, complete, bind by
   `binder`, check by `preflight`, that believes nothing), run by the `workers` of this machine or a `cluster`
   of others. The check looks at the `frame`, the
   `fonts`, the `words` both ways, the `tables` of contents, the `margins`, the `actions` of links, and `recompute` does
   the sums again, on pages as `seen`; each fault has one of the `places` of a page.
   `report` writes the page that shows what stands where, `status` tells where each member stands, `withdrawn`
   what is not to be signed any more, `sendings` notes in
   the records what was sent and signed.
10. `actes`: a `deliberation` and its files, the `liste` of those of a séance, made and published by `making`, the
   yearly `statement`s, all bound by `binding`; an act is found in its séance by `known`,
   looked at by `faults` before, the `versions` of statements kept side by side; `write_back` notes what the
   préfecture answered, `transmissions` freezes what it received.
11. `returned`: `verify` says what became of a file that comes back, in the words of `verdicts`, `known` which one it
    is, `recording` notes it. In a process of its own, `facts` reads it: `untrusted` keeps out what could harm,
    `version` opens it, `signers` who signed (what `filling` in may change), `tampering` what changed: `objects` and
    `properties` by what the file holds, `eyes` by what is seen, `looks` by what each field shows; `signed` puts it
    together. `typed` checks what was written in the blanks, `moments` the days and the certificates, `scanned` reads
    paper.
12. `lawyers`, what the lawyers ask: `checks` gathers what is wrong with Word files, `pages` tells on which page,
    `copies` puts it in the margin, `explained` says more of a code; `compared` shows what an edition changes,
    `renaming` renames a field in an edition: `rename` in one file, letter by letter in its `tag_words`.
13. `sheets`, the records as tables: `workbook` writes all that is known, `importing` takes a table in: `cells` reads
    it, `columns` says which is which, `differences` what it would change.
14. `desk`, the same as the commands in a browser: `server` serves the pages of `app` on this machine alone, behind the
    `guard`, while there is some `presence`; `state` is what it knows, `received` what a browser sends, `screen` what it
    is shown, with `pictures` and `files`. The pages: `home`, a `member` by its `form`, the `syndicat`, the `packs` in
    `making`, the `returns`, the `seances` (`seance_form` for all that one says), their `acts`, the lawyers'
    `wordfiles`, the `statements`, and `excel`.

Beside them: `cli`, `acts`, `notes`, `exchanges`, `machines` and `told` are the only ones who speak to people
(`french_click` gives the words), `starter` makes a new workspace, `formats` writes French, `office` knows this
machine's LibreOffice and fonts, `doctor` all that it lacks; `publish` puts files in place, whole or not at all,
`scratch` is where they are made; `systems` is what differs from one system to another.
"""

__version__ = "0.2.0"
