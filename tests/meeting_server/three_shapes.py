"""Three shapes of room on the stand-in's real SFU: a model of processors, fitted on two of them, predicts the third.

    python -m pytest -s tests/meeting_server/three_shapes.py

On a machine that does nothing else: it is no test of `make test`, for others' load is in its figures. About 6 min.
"""

import json
from pathlib import Path

from drill.load.generator import Service, generator
from drill.load.model import fit
from drill.load.picture import picture
from drill.load.ramp import Plan, ramp
from drill.load.report import HEADER, Ramp, data, prediction, row, summary
from drill.load.shape import Shape
from drill.load.step import Limits
from tests.meeting_server.conftest import StartServer
from tests.meeting_server.process_meter import process_meter

REPORTS = Path("load-reports/three-shapes")
# The third has another size and another bitrate than either of the first two.
SHAPES = (Shape(2, video=1000), Shape(20, video=200, last_n=4), Shape(6, video=500))
WITHIN = 0.2


def test_two_shapes_predict_a_third(program: Path, start: StartServer) -> None:
    """The generator's processor is counted apart, and the server's idle load is no part of the slope."""
    server = start("load")
    meter, edge = process_meter(server.popen.pid), server.edge
    service = Service(edge.url, (edge.address,), ("127.0.0.1",), edge.cacert)
    ramps: list[Ramp] = []
    for shape in SHAPES:
        print(f"{shape}\n{HEADER}")
        with generator(program, service, shape, 0.1) as crowd:
            ramps.append(ramp(Plan(shape, 60, 12, 15.0), Limits(), crowd, meter, lambda step: print(row(step))))
        print("\n".join(summary(ramps[-1])))
    print("\n".join(prediction(ramps)))
    REPORTS.mkdir(parents=True, exist_ok=True)
    (REPORTS / "load.json").write_text(json.dumps(data(ramps), indent=2) + "\n")
    for one in ramps:
        (REPORTS / f"rooms-of-{one.shape.people}.svg").write_text(picture(one, Limits()))
    pair, large, third = (one.each for one in ramps)
    assert pair
    assert large
    assert third
    assert abs(fit(SHAPES[0], pair, SHAPES[1], large).each(SHAPES[2]) / third - 1) <= WITHIN
