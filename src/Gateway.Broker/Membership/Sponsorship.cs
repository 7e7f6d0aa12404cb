using Gateway.Broker.Administration;
using Gateway.Broker.Sequencing;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;

namespace Gateway.Broker.Membership;

/// <summary>Applications on their way: members see who applies, and sign for whom they vouch.</summary>
public sealed class Sponsorship(NetworkView view, IBrokerStore store, TimeProvider time)
{
    /// <summary>Applications that are proposed and not decided, the newest first.</summary>
    public async Task<IReadOnlyList<Application>> ListAsync(CancellationToken cancellation)
    {
        List<Application> applications = [];
        foreach (StoredChange stored in await store.Changes.ListAsync(undecidedOnly: true, 0, cancellation).ConfigureAwait(false))
        {
            if (IsOpen(stored)) applications.Add(await DescribeAsync(stored, cancellation).ConfigureAwait(false));
        }

        return applications;
    }

    /// <summary>Keeps a member's signature of an application's statement.</summary>
    /// <returns>How many members have signed.</returns>
    /// <exception cref="RefusalException">There is no such application, or the signature is not the member's over its statement.</exception>
    public async Task<int> SponsorAsync(MemberId sponsor, SponsorApplicationRequest request, CancellationToken cancellation)
    {
        StoredChange? stored = request.Id <= long.MaxValue ? await store.Changes.FindAsync((long)request.Id, cancellation).ConfigureAwait(false) : null;
        if (stored is null || !IsOpen(stored)) throw new RefusalException(Refusal.NotFound("APPLICATION_UNKNOWN", "There is no such application, or it is decided.", $"application {request.Id}", "List the applications again."));
        Application application = await DescribeAsync(stored, cancellation).ConfigureAwait(false);
        NetworkState state = view.Current;
        bool holds = request.Signature is { } signature && signature.MemberId.Span.SequenceEqual(sponsor.ToArray())
            && Statements.Verify(nameof(MemberJoined), application.MemberJoined.Body.Span, signature, state.GenesisHash.Span, state.Members[sponsor].MemberKey);
        if (!holds) throw new RefusalException(Refusal.Invalid("STATEMENT_SIGNATURE", "The signature is not the calling member's over the applicant's statement.", "signature", "Sign the statement as it is listed, with this program."));
        bool isNew = !application.SponsorIds.Any(id => id.Span.SequenceEqual(sponsor.ToArray()));
        if (isNew && application.SponsorIds.Count >= AdmissionExecutor.MostSponsors) throw new RefusalException(Refusal.Precondition("SPONSORS_ENOUGH", "The application has as many sponsors as a statement holds.", $"application {request.Id}", "Nothing: it needs no further sponsor."));
        await store.Changes.AddSponsorAsync(stored.Number, sponsor, request.Signature!.Signature.Memory, cancellation).ConfigureAwait(false);
        return application.SponsorIds.Count + (isNew ? 1 : 0);
    }

    private bool IsOpen(StoredChange stored) => stored is { State: ChangeState.Open, Proposed.Kind: Change.KindOneofCase.Admission } && time.GetUtcNow() < stored.Proposed.ExpiresAt;

    private async ValueTask<Application> DescribeAsync(StoredChange stored, CancellationToken cancellation)
    {
        AdmissionChange admission = Change.Parser.ParseFrom(stored.Proposed.Change).Admission;
        IReadOnlyList<StatementSignature> sponsors = await store.Changes.ReadSponsorsAsync(stored.Number, cancellation).ConfigureAwait(false);
        return new Application
        {
            Id = (ulong)stored.Number,
            MemberJoined = admission.MemberJoined,
            Contacts = admission.Contacts,
            ExpiresAt = stored.Proposed.ExpiresAt.ToUnixTimeSeconds(),
            SponsorIds = { sponsors.Select(sponsor => sponsor.MemberId) },
        };
    }
}
