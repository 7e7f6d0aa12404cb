using Gateway.Protocol;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;

namespace Gateway.Broker.Sequencing;

/// <summary>A record that passed every check of admission and waits for its place in the log.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Circle">Its circle.</param>
/// <param name="RecordKey">Its public key.</param>
/// <param name="Contributor">Who contributes it.</param>
/// <param name="Issuance">The commitment to the contributor, 32 bytes.</param>
/// <param name="Submission">What was submitted.</param>
public sealed record AdmittedRecord(RecordId Id, CircleId Circle, RecordKey RecordKey, MemberId Contributor, byte[] Issuance, Submission Submission);
