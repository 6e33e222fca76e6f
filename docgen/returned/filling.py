"""What filling in a form may change after a signature: pyHanko's own policy, and what real viewers write besides."""

from __future__ import annotations

from collections.abc import Iterable

from pyhanko.pdf_utils import generic
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    FieldComparisonContext,
    FieldComparisonSpec,
    FormUpdate,
    FormUpdatingRule,
    GenericFieldModificationRule,
    ModificationLevel,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    qualify,
)
from pyhanko.sign.diff_analysis.commons import compare_dicts, qualify_transforming
from pyhanko.sign.diff_analysis.constants import VALUE_UPDATE_KEYS
from pyhanko.sign.diff_analysis.rules.form_field_rules import (
    _allow_appearance_update,
    _allow_in_place_appearance_update,
)

FILLED = VALUE_UPDATE_KEYS | {"/M"}
"""What a field that is filled in may change: Firefox notes when."""
Found = Iterable[tuple[ModificationLevel, FormUpdate]]


class InSeveralPlaces(GenericFieldModificationRule):
    """Allow what is typed in a field to be drawn in each of the places that show it, which pyHanko does not know."""

    def check_form_field(self, fq_name: str, spec: FieldComparisonSpec, context: FieldComparisonContext) -> Found:
        """Yield what may change of a field; raises `SuspiciousModification` for what may not."""
        yield from super().check_form_field(fq_name, spec, context)
        if spec.field_type == "/Sig" or spec.old_field is None or spec.new_field is None:
            return
        before, after = (_places(field) for field in (spec.old_field, spec.new_field))
        same = [(one.idnum, one.generation) for one in before] == [(one.idnum, one.generation) for one in after]
        for place in after if same else ():
            old, new = context.old.get_object(place), context.new.get_object(place)
            if not isinstance(old, generic.DictionaryObject) or not isinstance(new, generic.DictionaryObject):
                continue
            compare_dicts(old, new, FILLED)
            drawn = (one for one in (FormUpdate(updated_ref=place, field_name=fq_name),))
            yield from qualify(ModificationLevel.FORM_FILLING, drawn)
            yield from qualify_transforming(
                ModificationLevel.FORM_FILLING,
                _allow_appearance_update(old, new, context.old, context.new),
                transform=FormUpdate.curry_ref(field_name=fq_name),
            )
            yield from qualify(
                ModificationLevel.FORM_FILLING,
                _allow_in_place_appearance_update(old, new, context.old, context.new, fq_name=fq_name),
            )


def _places(field: generic.DictionaryObject) -> list[generic.Reference]:
    kids = field.get("/Kids", generic.ArrayObject())
    found = [kids.raw_get(rank) for rank in range(len(kids))]
    return [one.reference for one in found if isinstance(one, generic.IndirectObject) and "/T" not in _object(one)]


def _object(reference: generic.IndirectObject) -> generic.DictionaryObject:
    found = reference.get_object()  # type: ignore[no-untyped-call]
    assert isinstance(found, generic.DictionaryObject)
    return found


RULES = [
    SigFieldCreationRule(),  # type: ignore[no-untyped-call]
    SigFieldModificationRule(),
    InSeveralPlaces(value_update_keys=FILLED),
]
POLICY = StandardDiffPolicy(DEFAULT_DIFF_POLICY.global_rules, FormUpdatingRule(RULES))
