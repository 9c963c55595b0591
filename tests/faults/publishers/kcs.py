"""Korea's customs service behind its gateway: XML, two layers of errors, a grand total among the items."""

from xml.sax.saxutils import escape

from .server import Answer, Asked

HOST = "apis.data.go.kr"
WORKING_KEY = "a+key/with=signs=="
PARTNERS = ["US", "CN", "NA", *(f"{a}{b}" for a in "ABDEFG" for b in "HIJKLMOPQRSTUVWXYZ")]

Item = dict[str, str]


def country_items(month: str, partners: int = 110, scale: int = 1, usa: int = 0) -> list[Item]:
    items = []
    for place, code in enumerate(PARTNERS[:partners]):
        export, imported = 500_000_000 + place + (usa if code == "US" else 0), 450_000_000 + place
        cells = {"balPayments": export - imported, "expCnt": 9, "expDlr": export // scale, "impCnt": 8}
        items.append(
            {name: str(value) for name, value in cells.items()}
            | {"impDlr": str(imported // scale), "statCd": code, "statCdCntnKor1": f"나라 {code}"}
            | {"year": f"{month[:4]}.{month[4:]}"}
        )
    return items


def total(items: list[Item]) -> Item:
    sums = {name: str(sum(int(item[name]) for item in items)) for name in ("balPayments", "expDlr", "impDlr")}
    return sums | {"expCnt": "1", "impCnt": "1", "statCd": "-", "statCdCntnKor1": "-", "year": "총계"}


def answer(items: list[Item], code: str = "00", said: str = "정상서비스.") -> Answer:
    cells = ["".join(f"<{name}>{escape(text)}</{name}>" for name, text in item.items()) for item in items]
    body = "".join(f"<item>{text}</item>" for text in cells)
    header = f"<header><resultCode>{code}</resultCode><resultMsg>{said}</resultMsg></header>"
    return Answer(f"<response>{header}<body><items>{body}</items></body></response>".encode())


def gateway(code: str, said: str = "SERVICE ERROR", status: int = 403) -> Answer:
    header = f"<errMsg>{said}</errMsg><returnAuthMsg>{said}</returnAuthMsg><returnReasonCode>{code}</returnReasonCode>"
    return Answer(
        f"<OpenAPI_ServiceResponse><cmmMsgHeader>{header}</cmmMsgHeader></OpenAPI_ServiceResponse>".encode(), status
    )


def publisher(asked: Asked) -> Answer:
    if asked.params.get("serviceKey") != WORKING_KEY:
        return gateway("30", "SERVICE_KEY_IS_NOT_REGISTERED_ERROR", 401)
    items = country_items(asked.params["strtYymm"])
    return answer([*items, total(items)])
