"""Files a complaint with the generated Python client and reads it back, as an app would."""

import os

from openapi_client import (
    ApiClient,
    AuthApi,
    ComplaintsApi,
    Configuration,
    MeApi,
    MunicipalitiesApi,
    NewComplaint,
    Point,
)
from openapi_client.models.renewal import Renewal

TOWN = "bad-dueben"

configuration = Configuration(host=os.environ["RATHAUS"])
client = ApiClient(configuration)

session = AuthApi(client).refresh_session(
    Renewal(refresh_token=os.environ["CITIZEN_REFRESH_TOKEN"])
)
configuration.access_token = session.access_token

category = MunicipalitiesApi(client).list_categories(TOWN).items[0]
filed = ComplaintsApi(client).create_complaint(
    TOWN,
    NewComplaint(
        category=category.code,
        description="Die Bank am Ufer ist gebrochen.",
        location=Point(lat=51.5915, lon=12.5855),
    ),
)
assert filed.status == "routed", filed
mine = MeApi(client).list_my_complaints().items
assert filed.reference in [complaint.reference for complaint in mine], mine
print(f"python: filed {filed.reference}, found it again among {len(mine)}")
