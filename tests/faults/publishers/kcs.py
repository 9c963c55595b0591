"""Korea's customs service behind its gateway: XML, two layers of errors, a grand total among the items."""

from xml.sax.saxutils import escape

from .server import Answer, Asked

HOST = "apis.data.go.kr"
WORKING_KEY = "a+key/with=signs=="
PARTNERS = ["US", "CN", "NA", *(f"{a}{b}" for a in "ABDEFG" for b in "HIJKLMOPQRSTUVWXYZ")]

TOTAL = "총계"

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
    return sums | {"expCnt": "1", "impCnt": "1", "statCd": "-", "statCdCntnKor1": "-", "year": TOTAL}


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


def months_between(first: str, last: str) -> list[str]:
    """As YYYYMM, both edges included."""
    whole = [int(edge[:4]) * 12 + int(edge[4:]) - 1 for edge in (first, last)]
    return [f"{month // 12}{month % 12 + 1:02}" for month in range(whole[0], whole[1] + 1)]


def flash_items(
    first: str, last: str, until: str = "202611 01~20", unit: int = 1_000, ten_days: int = 18_000_000_000
) -> list[Item]:
    """Three windows a month, printed no further than `until`: so many dollars in ten days, ten items of 100 million each."""
    rows = []
    for month in months_between(first, last):
        for window, days in (("01~10", 1), ("01~20", 2), ("01~말일", 3)):
            if f"{month} {window}" > until:
                continue
            cells = {f"itemUsdAmt{place:02}": f" {100_000_000 * days // unit:,}" for place in range(1, 11)}
            total = {"itemUsdAmt00": f" {ten_days * days // unit:,}"}
            rows.append(total | cells | {"priodDt": window, "priodMon": month, "priodYear": month[:4]})
    return rows


def national_items(first: str, last: str, scale: int = 1) -> list[Item]:
    cells = {"balPayments": "0", "expCnt": "1", "expDlr": str(50_000_000_000 // scale), "impCnt": "1"}
    return [
        cells | {"impDlr": str(45_000_000_000 // scale), "year": f"{month[:4]}.{month[4:]}"}
        for month in months_between(first, last)
    ]


def partner_items(partner: str, month: str, codes: int = 40, scale: int = 1, tonnes: int = 1) -> list[Item]:
    """Forty ten-digit codes make the partner's 500 million dollars out, at 5 a kilogram, and 450 million in, at 2."""
    sold = {"expDlr": str(12_500_000 // scale), "expWgt": str(2_500_000 // tonnes)}
    bought = {"impDlr": str(11_250_000 // scale), "impWgt": str(5_625_000 // tonnes)}
    named = {"statCd": partner, "statCdCntnKor1": f"나라 {partner}", "year": f"{month[:4]}.{month[4:]}"}
    return [
        named | sold | bought | {"hsCd": f"{8500000000 + place:010}", "statKor": "-", "balPayments": "0"}
        for place in range(codes)
    ]


def partner_total(items: list[Item]) -> Item:
    sums = {name: str(sum(int(item[name]) for item in items)) for name in ("expDlr", "expWgt", "impDlr", "impWgt")}
    return sums | {"balPayments": "0", "hsCd": "-", "statCd": "-", "statCdCntnKor1": "-", "statKor": "-", "year": TOTAL}


def national_total(items: list[Item]) -> Item:
    sums = {name: str(sum(int(item[name]) for item in items)) for name in ("expDlr", "impDlr")}
    return sums | {"balPayments": "0", "expCnt": "1", "impCnt": "1", "year": TOTAL}


def publisher(asked: Asked) -> Answer:
    if asked.params.get("serviceKey") != WORKING_KEY:
        return gateway("30", "SERVICE_KEY_IS_NOT_REGISTERED_ERROR", 401)
    service = asked.path.split("/")[-1]
    first, last = asked.params["strtYymm"], asked.params["endYymm"]
    if service.endswith(("ExpAcrs", "ImpAcrs")):
        return answer(flash_items(first, last, ten_days=18_300_000_000 if "Exp" in service else 16_500_000_000))
    if service == "getNewtradeList":
        months = national_items(first, last)
        return answer([national_total(months), *months])
    if service == "getNitemtradeList":
        items = partner_items(asked.params["cntyCd"], first)
        return answer([*items, partner_total(items)])
    items = country_items(first)
    return answer([*items, total(items)])
