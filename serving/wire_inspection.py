"""What Inspect found, as messages of the contract."""

from phiz.v1 import phiz_pb2
from serving import wire
from serving.content_credentials import ContentCredentials
from serving.operations.inspect import Evidence, Inspection


def inspection(
    inspected: Inspection, credentials: ContentCredentials | None, how: phiz_pb2.ResponseMetadata
) -> phiz_pb2.InspectResponse:
    """Writes an InspectResponse."""
    declared = inspected.declaration
    return phiz_pb2.InspectResponse(
        evidence=f"EVIDENCE_{inspected.evidence.name}",
        digital_source_type_uri=declared.source_type_uri,
        provenance=wire.provenance(declared) if inspected.evidence is Evidence.DECLARED else None,
        creator_tool=declared.creator_tool,
        content_credentials=_content_credentials(credentials) if credentials else None,
        metadata=how,
    )


def _content_credentials(credentials: ContentCredentials) -> phiz_pb2.ContentCredentials:
    return phiz_pb2.ContentCredentials(
        verification=f"VERIFICATION_{credentials.verification.name}",
        signer=credentials.signer,
        claim_generator=credentials.claim_generator,
        digital_source_type_uri=credentials.source_type_uri,
        failures=credentials.failures,
    )
