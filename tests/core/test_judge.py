"""The judge: attribute, path and level of a finding."""

from dataclasses import replace

from loadwise.core.cause import Cause, CauseKind
from loadwise.core.edit import Applicability, Fix
from loadwise.core.finding import Evidence, Level, fingerprint
from loadwise.core.have import Have, Loss
from loadwise.core.judge import attribute, judge, statement_path
from loadwise.core.need import Need, Touch, Touched
from loadwise.core.origin import EntityName, Hop, LoadKind, Origin, Shape
from loadwise.core.path import Path
from loadwise.core.tree import parse
from loadwise.core.use import Context, Subject, Use
from loadwise.rules import RULES

PRODUCT = Path.parse("Line.product")
USE = Use(
    subject=Subject(entity="shop.Line", instance="Line 3"),
    have=Have.known(
        parse("Line{id}"),
        lost=[Loss(path=PRODUCT, cause=Cause(kind=CauseKind.NEVER_LOADED, text="not asked for"))],
    ),
    need=Need.of(Touched(path=PRODUCT)),
    context=Context.ASYNC,
)
INVOICE, LINE = EntityName(module="shop", name="Invoice"), EntityName(module="", name="Line")
ORIGIN = Origin(
    kind=LoadKind.SELECT,
    root=INVOICE,
    hops=(
        Hop(owner=INVOICE, name="lines", shape=Shape.COLLECTION),
        Hop(owner=LINE, name="product", shape=Shape.REFERENCE),
    ),
)


def test_a_finding_names_the_attribute_by_its_owner_and_the_path_from_the_statement() -> None:
    (finding,) = judge([replace(USE, origin=ORIGIN)], rules=RULES)
    assert (finding.attribute, finding.path, finding.gap) == (
        "Line.product",
        "Invoice.lines.product",
        "product",
    )
    assert (finding.code, finding.rule, finding.level) == ("LW101", "lazy-read", Level.ERROR)
    assert (finding.have, finding.need) == ("Line{id}", "Line{product}")
    assert finding.evidence == Evidence(observed=1)
    assert finding.fingerprint == fingerprint(finding)


def test_an_attribute_that_a_class_inherits_is_named_by_the_class_that_has_it() -> None:
    *way, hop = ORIGIN.hops
    inherited = replace(hop, owner=EntityName(module="shop", name="Position"))
    use = replace(USE, origin=replace(ORIGIN, hops=(*way, inherited)))
    assert attribute(use, PRODUCT) == "Position.product"


def test_without_an_origin_the_path_is_the_object_s_own() -> None:
    assert attribute(USE, PRODUCT) == "Line.product" == statement_path(USE, PRODUCT)
    elsewhere = replace(USE, origin=ORIGIN)
    assert attribute(elsewhere, Path.parse("Line.tax")) == "Line.tax"
    unplanned = replace(ORIGIN, hops=())
    assert attribute(replace(USE, origin=unplanned), PRODUCT) == "Line.product"


def test_what_is_only_possible_is_a_warning_that_says_may() -> None:
    doubt = replace(USE.have, may=parse("Line{id product}"))
    (finding,) = judge([replace(USE, have=doubt, predicted=True)], rules=RULES)
    assert finding.level is Level.WARNING
    assert finding.message == "`Line.product` may not be loaded here"
    assert finding.evidence == Evidence(predicted=True)


def test_a_change_of_what_may_not_be_loaded_says_so() -> None:
    doubt = replace(USE.have, may=parse("Line{id product}"))
    need = Need.of(Touched(path=PRODUCT, touch=Touch.WRITE))
    (finding,) = judge([replace(USE, have=doubt, need=need)], rules=RULES)
    assert finding.message == "`Line.product` is changed here and may not be loaded"
    assert finding.level is Level.WARNING


def test_the_planner_is_asked_for_each_gap() -> None:
    fix = Fix(title="load it", applicability=Applicability.DISPLAY, text="joinedload(Line.product)")
    (finding,) = judge([USE], rules=RULES, cure=lambda use, missing, cause: (fix,))
    assert finding.fixes == (fix,)


def test_an_entity_without_a_module_is_called_by_its_name() -> None:
    assert (INVOICE.qualified, LINE.qualified) == ("shop.Invoice", "Line")
