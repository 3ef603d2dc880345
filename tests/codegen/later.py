"""A made-up later model, and what the command has to say and to draft for it.

The model of today is that of the wheel that the environment names, else that of the installed botocore.
"""

from __future__ import annotations

import copy
import json
import os
import zipfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore

from cognito_idp_codegen.model import documents, facts_of
from cognito_idp_codegen.prose import MARK
from tests.conformance.reference import VARIABLE

if TYPE_CHECKING:
    from cognito_idp_codegen.model import Facts

Documents = tuple[dict[str, Any], dict[str, Any]]

TODAY, LATER = "1.0.0", "1.0.1"


@cache
def today() -> Documents:
    """Return the documents of the model of today."""
    return documents(Path(os.environ.get(VARIABLE) or Path(botocore.__file__).parent))


@cache
def later() -> Documents:
    """Return the documents of a later model: something of each kind is new, changed or gone."""
    service, paginators = copy.deepcopy(today())
    shapes, operations = service["shapes"], service["operations"]

    def structure(name: str, **members: str) -> None:
        shapes[name] = {"type": "structure", "members": {wire: {"shape": shape} for wire, shape in members.items()}}

    def operation(name: str, answers: str | None, *errors: str) -> None:
        output = {} if answers is None else {"output": {"shape": answers}}
        operations[name] = {"input": {"shape": f"{name}Request"}, "errors": [{"shape": e} for e in errors], **output}

    shapes["ReportIdType"] = {"type": "string", "min": 1, "max": 36}
    shapes["ReportListType"] = {"type": "list", "member": {"shape": "ReportType"}, "max": 60}
    shapes["ReportStateType"] = {"type": "string", "enum": ["DRAFT", "FINAL"]}
    shapes["ReportNotReadyException"] = {"type": "structure", "members": {}, "exception": True, "fault": True}
    structure("ReportType", ReportId="ReportIdType", ReportState="ReportStateType", CreationDate="DateType")
    structure("ListReportsRequest", UserPoolId="UserPoolIdType", NextToken="PaginationKey")
    structure("ListReportsResponse", Reports="ReportListType", NextToken="PaginationKey")
    structure("UpdateReportStateRequest", ReportId="ReportIdType", ReportState="ReportStateType")
    structure("AdminArchiveGroupRequest", UserPoolId="UserPoolIdType", GroupName="GroupNameType")
    operation("ListReports", "ListReportsResponse", "InternalErrorException")
    operation("UpdateReportState", None, "ReportNotReadyException")
    operation("AdminArchiveGroup", None)

    shapes["UserType"]["members"] |= {"ShoeSize": {"shape": "PrecedenceType"}, "ClientName": {"shape": "StringType"}}
    shapes["OAuthFlowType"]["enum"].append("device")
    operations["GetGroup"]["errors"].append({"shape": "ReportNotReadyException"})
    paginators["ListTerms"] = {"input_token": "NextToken", "output_token": "NextToken", "result_key": "Terms"}

    del operations["GetUser"]["authtype"]
    shapes["GroupType"]["required"] = ["GroupName"]
    shapes["GroupNameType"] |= {"max": 256, "sensitive": True}
    shapes["PrecedenceType"]["type"] = "long"

    for name in ("ListTagsForResource", "TagResource", "UntagResource"):
        del operations[name], shapes[f"{name}Request"], shapes[f"{name}Response"]
    del shapes["UserPoolTagsListType"], shapes["UserType"]["members"]["Enabled"]
    return service, paginators


def made_wheel(folder: Path, version: str, content: Documents) -> Path:
    """Write a wheel of a botocore that has nothing but the model."""
    folder.mkdir(exist_ok=True)
    path = folder / f"botocore-{version}-py3-none-any.whl"
    about = f"botocore-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {
            "botocore/data/cognito-idp/2016-04-18/service-2.json": json.dumps(content[0]),
            "botocore/data/cognito-idp/2016-04-18/paginators-1.json": json.dumps({"pagination": content[1]}),
            f"{about}/METADATA": f"Metadata-Version: 2.1\nName: botocore\nVersion: {version}\n",
            f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{about}/RECORD": "",
        }.items():
            archive.writestr(name, text)
    return path


def facts(content: Documents) -> Facts:
    """Return the facts of documents."""
    return facts_of(*content)


REPORT = f"""botocore {TODAY} -> {LATER}

new
  operations
    AdminArchiveGroup: AdminArchiveGroupRequest, no answer, signed
    ListReports: ListReportsRequest, ListReportsResponse, signed
    UpdateReportState: UpdateReportStateRequest, no answer, signed
  paginators
    ListTerms: NextToken from NextToken, Terms
  structs
    AdminArchiveGroupRequest: UserPoolId, GroupName
    ListReportsRequest: UserPoolId, NextToken
    ListReportsResponse: Reports, NextToken
    ReportType: ReportId, ReportState, CreationDate
    UpdateReportStateRequest: ReportId, ReportState
  members
    UserType.ClientName: StringType (string, 0 to 131,072)
    UserType.ShoeSize: PrecedenceType (long, at least 0)
  enums
    ReportStateType: DRAFT, FINAL
  enum values
    OAuthFlowType.device
  errors
    ReportNotReadyException: the service's fault
  errors of operations
    GetGroup: ReportNotReadyException
  types
    ReportIdType: string, 1 to 36
    ReportListType: list of ReportType, at most 60

changed
  auth flags
    GetUser: unsigned -> signed
  required flags
    GroupType.GroupName: optional -> required
  types
    PrecedenceType: integer, at least 0 -> long, at least 0
  bounds
    GroupNameType: 1 to 128 -> 1 to 256
  sensitive flags
    GroupNameType: plain -> sensitive

gone
  operations
    ListTagsForResource
    TagResource
    UntagResource
  structs
    ListTagsForResourceRequest
    ListTagsForResourceResponse
    TagResourceRequest
    TagResourceResponse
    UntagResourceRequest
    UntagResourceResponse
  members
    UserType.Enabled
  types
    UserPoolTagsListType

these sentences speak of new members as well; read them again
  ClientName (in UserType): Human-readable name of the app client.
  CreationDate (in ReportType): When this resource was created.
  GroupName (in AdminArchiveGroupRequest): Name of the group, unique within the pool.
  NextToken (in ListReportsRequest, ListReportsResponse): Marks where the next page starts; leave it out to get the \
first page, missing after the last page.
  UserPoolId (in AdminArchiveGroupRequest, ListReportsRequest): Id of the user pool, such as `us-east-1_EXAMPLE`.

"""

SUMMARY = (
    "3 operations, 1 paginator, 5 structs, 2 members, 1 enum, 1 enum value, 1 error, 1 error of an operation, "
    "2 types new; "
    "1 auth flag, 1 required flag, 1 type, 1 bound, 1 sensitive flag changed; "
    "3 operations, 6 structs, 1 member, 1 type gone"
)

NEWS = f"botocore {TODAY} -> {LATER}: {SUMMARY}; run python -m cognito_idp_codegen --newest"
UNKNOWN = "how far the pinned botocore is behind is not known: "

# What the drafts add to each file and take away from it, in the files' order.
DRAFTS = {
    "families.toml": (
        [
            '    "AdminArchiveGroup",',
            "[reports]",
            f'heading = "{MARK}say what these operations are about."',
            '    "ListReports",',
            '    "UpdateReportState",',
        ],
        [
            "[tags]",
            'heading = "Tags of user pools."',
            '    "ListTagsForResource",',
            '    "TagResource",',
            '    "UntagResource",',
        ],
    ),
    "pages.toml": (
        ['ListReports = ["NextToken", "NextToken", "Reports"]'],
        ['ListTerms = ["NextToken", "NextToken", "Terms"]'],
    ),
    "prose/operations.toml": (
        ["AdminArchiveGroup", "ListReports", "UpdateReportState"],
        ["ListTagsForResource", "TagResource", "UntagResource"],
    ),
    "prose/structs.toml": (
        [
            "AdminArchiveGroupRequest",
            "ListReportsRequest",
            "ListReportsResponse",
            "ReportType",
            "UpdateReportStateRequest",
        ],
        [
            "ListTagsForResourceRequest",
            "ListTagsForResourceResponse",
            "TagResourceRequest",
            "TagResourceResponse",
            "UntagResourceRequest",
            "UntagResourceResponse",
        ],
    ),
    "prose/enums.toml": (["ReportStateType"], []),
    "prose/exceptions.toml": (["ReportNotReadyException"], []),
    "prose/members.toml": (
        ["ReportId", "Reports", "ReportState", "ShoeSize"],
        ["ResourceArn", "TagKeys", "Tags", '"TagResourceRequest.Tags"', '"UserType.Enabled"'],
    ),
    "sensitive.toml": (["GroupNameType"], []),
}

MARKS = [
    "families.toml: reports",
    "prose/enums.toml: ReportStateType",
    "prose/exceptions.toml: ReportNotReadyException",
    *(f"prose/members.toml: {name}" for name in DRAFTS["prose/members.toml"][0]),
    *(f"prose/operations.toml: {name}" for name in DRAFTS["prose/operations.toml"][0]),
    *(f"prose/structs.toml: {name}" for name in DRAFTS["prose/structs.toml"][0]),
    "sensitive.toml: GroupNameType",
]
