"""Read template.yaml as CloudFormation sees it."""

from copy import deepcopy
from typing import Any

from boto3.session import Session
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from dev.build.artifacts import ROOT

LOCAL_PATHS = ("CodeUri", "ContentUri")


def written() -> dict[str, Any]:
    """Return the template as it is in the repository, `!Ref` and the like in their long form."""
    template: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    return template


def expanded(**parameters: str) -> dict[str, Any]:
    """Return the CloudFormation template that SAM makes of it.

    What CloudFormation itself does is left: conditions, and the functions of LanguageExtensions.

    Args:
        parameters: Values in place of the defaults.
    """
    template = deepcopy(written())
    template["Transform"] = "AWS::Serverless-2016-10-31"
    sections = [template["Globals"]["Function"]]
    sections += [resource.get("Properties", {}) for resource in template["Resources"].values()]
    for section in sections:
        for name in LOCAL_PATHS:
            if name in section:
                # SAM refuses folders: `sam deploy` has put their content into a bucket by then.
                section[name] = f"s3://artifacts/{section[name]}"
    managed_policies: dict[str, str] = {}  # the template names none
    translator = Translator(
        managed_policies, Parser(), boto_session=Session(region_name="us-east-1")
    )
    cloudformation: dict[str, Any] = translator.translate(template, parameter_values=parameters)
    return cloudformation
