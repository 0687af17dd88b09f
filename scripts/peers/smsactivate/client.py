"""Every method of PyPI smsactivate 1.5 against a server, by its address and a key: one JSON line for each."""

import json
import sys
import time

from smsactivate.api import SMSActivateAPI

url, key = sys.argv[1:]


def client(key):
    api = SMSActivateAPI(key)
    api._SMSActivateAPI__api_url = url
    return api


def report(method, answer):
    print(json.dumps({"method": method, "answer": answer}), flush=True)
    return answer


def status_of(api, id, wanted):
    for _ in range(200):
        status = api.getStatus(id=id)
        if str(status).startswith(wanted):
            return status
        time.sleep(0.1)
    return status


api = client(key)
report("bad key", client("bg_none").getBalance())
report("no key", client("").getBalance())
report("getBalance", api.getBalance())
report("getBalanceAndCashBack", api.getBalanceAndCashBack())
report("getNumbersStatus", api.getNumbersStatus(country=43))
report("getPrices", api.getPrices(service="tg", country=43))
report("getTopCountriesByService", api.getTopCountriesByService(service="tg", freePrice="true"))
report("getCountries", api.getCountries())
report("getOperators", api.getOperators(country=43))
report("getActiveActivations, none", api.getActiveActivations())

first = report("getNumber", api.getNumber(service="tg", country=43, operator="any", ref="r", maxPrice=10000))
# It does not know the protocol's word, and reads a number from it.
try:
    report("getNumber, too dear", api.getNumber(service="tg", country=43, maxPrice=1))
except ValueError:
    report("getNumber, too dear", "ValueError")
report("getNumber, bad service", api.getNumber(service="nosuch", country=43))
id = first["activation_id"]
report("setStatus 1", api.setStatus(id=id, status=1))
report("getStatus", status_of(api, id, "STATUS_OK"))
report("getFullSms", api.getFullSms(id=id))
report("getActiveActivations", api.getActiveActivations())
report("setStatus 8, with a code", api.setStatus(id=id, status=8))
report("setStatus 3", api.setStatus(id=id, status=3))
report("getStatus, second", status_of(api, id, "STATUS_OK"))
report("setStatus 6", api.setStatus(id=id, status=6))
report("getStatus, finished", api.getStatus(id=id))
report("setStatus 3, finished", api.setStatus(id=id, status=3))

second = report("getNumberV2", api.getNumberV2(service="none", country=43))
report("getStatus, waits", api.getStatus(id=second["activationId"]))
report("getFullSms, waits", api.getFullSms(id=second["activationId"]))
report("setStatus 8, early", api.setStatus(id=second["activationId"], status=8))
report("setStatus 99", api.setStatus(id=second["activationId"], status=99))
report("getAdditionalService", api.getAdditionalService(id=second["activationId"], service="wa"))
report("getMultiServiceNumber", api.getMultiServiceNumber(service="tg,wa", country=43))
report("getStatus, unknown", api.getStatus(id=999999))

for method in ["getQiwiRequisites"]:
    report(method, getattr(api, method)())
report("getIncomingCallStatus", api.getIncomingCallStatus(id=id))
report("createTaskForCall", api.createTaskForCall(id))
report("getOutgoingCalls", api.getOutgoingCalls(activationId=id))

report("getRentServicesAndCountries", api.getRentServicesAndCountries(time=4, country=43))
report("getRentList, none", api.getRentList())
rental = report("getRentNumber", api.getRentNumber(service="full", time=4, country=43))
id = rental["phone"]["id"]
report("getRentList", api.getRentList())
for _ in range(200):
    messages = api.getRentStatus(id=id)
    if messages["status"] == "success":
        break
    time.sleep(0.1)
report("getRentStatus", messages)
report("getContinueRentPriceNumber", api.getContinueRentPriceNumber(id=id))
report("continueRentNumber", api.continueRentNumber(id=id, time=24))
report("setRentStatus 2, with a message", api.setRentStatus(id=id, status=2))
report("setRentStatus 1", api.setRentStatus(id=id, status=1))
report("getRentStatus, ended", api.getRentStatus(id=id))
report("setRentStatus, unknown", api.setRentStatus(id=999999, status=1))
