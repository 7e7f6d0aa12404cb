using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Broker.Access;
using Gateway.Broker.Administration;
using Gateway.Broker.Certificates;
using Gateway.Broker.Quotas;
using Gateway.Broker.Sequencing;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;

namespace Gateway.Broker.Membership;

/// <summary>Turns invitations into members, and gives their nodes certificates.</summary>
public sealed class Enrolment
{
    /// <summary>Name of a member's node. One node a member, for now.</summary>
    public const string NodeName = "node-1";

    private readonly NetworkView _view;
    private readonly IBrokerStore _store;
    private readonly Sequencer _sequencer;
    private readonly CertificateIssuance _issuance;
    private readonly TimeProvider _time;
    private readonly TimeSpan _certificateLifetime;
    private readonly RateLimiter<IPAddress> _perAddress;
    private readonly TokenBucket _overall;
    private readonly RateLimiter<IPAddress> _renewalsPerAddress;
    private readonly RateLimiter<MemberId> _renewalsPerMember;
    private readonly KeyedLock<string> _tokens = new();

    /// <summary>Takes what it works with.</summary>
    public Enrolment(NetworkView view, IBrokerStore store, Sequencer sequencer, CertificateIssuance issuance, QuotaOptions quotas, TimeProvider time, TimeSpan certificateLifetime)
    {
        _view = view;
        _store = store;
        _sequencer = sequencer;
        _issuance = issuance;
        _time = time;
        _certificateLifetime = certificateLifetime;
        _perAddress = new RateLimiter<IPAddress>("enrolments", quotas.EnrolmentsPerMinutePerAddress, quotas.EnrolmentsPerMinutePerAddress / 60.0, time);
        _renewalsPerAddress = new RateLimiter<IPAddress>("renewals", quotas.EnrolmentsPerMinutePerAddress, quotas.EnrolmentsPerMinutePerAddress / 60.0, time);
        _renewalsPerMember = new RateLimiter<MemberId>("renewals", quotas.EnrolmentsPerMinutePerAddress, quotas.EnrolmentsPerMinutePerAddress / 60.0, time);
        _overall = new TokenBucket(quotas.EnrolmentsPerMinute, quotas.EnrolmentsPerMinute / 60.0, time);
    }

    /// <summary>Turns an invitation into a member. The same token with the same statement gives a certificate again while the invitation lasts, to who has the member key: the first answer may have been lost.</summary>
    /// <param name="request">The request.</param>
    /// <param name="address">Where it comes from.</param>
    /// <param name="cancellation">Cancels the checks; a statement that is with the sequencer goes its way.</param>
    public async Task<EnrolResponse> EnrolAsync(EnrolRequest request, IPAddress address, CancellationToken cancellation)
    {
        if (_perAddress.TryTake(address, 1) is { } tooFast) throw new RefusalException(tooFast);
        if (!_overall.TryTake(1, out TimeSpan wait)) throw new RefusalException(Refusal.Exhausted("RATE_LIMITED", "Too many enrolments in a short time.", "enrolments", $"Try again in {Math.Ceiling(wait.TotalSeconds):0} s."));

        // Who does not hold a token learns nothing but that it is none; who does is told what became of it.
        byte[] tokenHash = SHA256.HashData(request.Token.Span);
        using KeyedLock<string>.Holding held = await _tokens.EnterAsync(Convert.ToHexString(tokenHash), cancellation).ConfigureAwait(false);
        Invitation invitation = await _store.FindInvitationAsync(tokenHash, cancellation).ConfigureAwait(false)
            ?? throw new RefusalException(Refusal.Denied("INVITATION_INVALID", "There is no such invitation.", "token", "Copy the invitation again, whole; else ask the operator for a new one."));
        if (invitation.ExpiresAt <= _time.GetUtcNow()) throw new RefusalException(Refusal.Denied("INVITATION_EXPIRED", "The invitation has expired.", "token", "Ask the operator for a new invitation."));

        PublicKey key = CertificateAuthority.ReadRequest(request.CertificateRequest.Span);
        MemberJoined joined = RequireInvited(request.MemberJoined, invitation);

        // The statement is in the log for all to read; only its member key's signature shows that the request comes from who made it.
        if (!VerifyingKey.TryFromBytes(joined.MemberPk.Span, out VerifyingKey memberKey) || !IsProven(request.CertificateRequest, memberKey, request.CertificateRequestSignature))
        {
            throw new RefusalException(Refusal.Denied("CERTIFICATE_REQUEST_UNPROVEN", "The certificate request is not signed by the joining member's key.", "certificate_request_signature",
                "Sign the request with the member key of the statement, for the network of the invitation."));
        }

        ulong index = invitation.UsedAt is { } usedAt
            ? usedAt
            : await JoinAsync(invitation, tokenHash, cancellation).ConfigureAwait(false);
        if (!_view.Current.Members.ContainsKey(invitation.Member)) await _sequencer.LookAsync().ConfigureAwait(false); // Another broker on the same store has let it in.
        RefuseUnlessServed(_view.Current.Members[invitation.Member]);
        return new EnrolResponse { Certificate = await IssueNodeAsync(key, invitation.Member, cancellation).ConfigureAwait(false), Index = index };
    }

    /// <summary>A new certificate for a member's node. The member key's signature proves the caller, so that a node whose certificate has ended comes back without a new invitation.</summary>
    /// <param name="request">The request.</param>
    /// <param name="address">Where it comes from.</param>
    /// <param name="cancellation">Cancels the checks.</param>
    /// <returns>The answer, and the member it is for.</returns>
    public async Task<(RenewCertificateResponse Response, MemberId Member)> RenewAsync(RenewCertificateRequest request, IPAddress address, CancellationToken cancellation)
    {
        if (_renewalsPerAddress.TryTake(address, 1) is { } tooFast) throw new RefusalException(tooFast);

        // One refusal for an unknown member and for a wrong key: a stranger does not learn who belongs to the network.
        NetworkMember? member = MemberId.TryFromBytes(request.MemberId.Span, out MemberId id) ? _view.Current.Members.GetValueOrDefault(id) : null;
        if (member is null || !IsProven(request.CertificateRequest, member.MemberKey, request.CertificateRequestSignature))
        {
            throw new RefusalException(Refusal.Denied("CERTIFICATE_REQUEST_UNPROVEN", "The certificate request is not signed by the key of a member of this network.", "certificate_request_signature",
                "Sign the request with the key of the member that it names; who is not a member yet enrols with an invitation."));
        }

        RefuseUnlessServed(member);

        // No limit over all addresses here: strangers could use it up and so let every node's certificate end.
        if (_renewalsPerMember.TryTake(id, 1) is { } tooOften) throw new RefusalException(tooOften);
        PublicKey key = CertificateAuthority.ReadRequest(request.CertificateRequest.Span);
        return (new RenewCertificateResponse { Certificate = await IssueNodeAsync(key, id, cancellation).ConfigureAwait(false) }, id);
    }

    private async Task<ByteString> IssueNodeAsync(PublicKey key, MemberId member, CancellationToken cancellation) =>
        ByteString.CopyFrom(await _issuance.IssueAsync(key, SpiffeId.ForNode(_view.Current.Network, member, NodeName), _certificateLifetime, cancellation).ConfigureAwait(false));

    private bool IsProven(ByteString request, VerifyingKey memberKey, ByteString signature) =>
        CertificateRequestProof.Verify(request.Span, _view.Current.GenesisHash.Span, memberKey, signature.Span);

    // The approved statement, byte for byte: another id, name, role or key would be another organisation.
    private static MemberJoined RequireInvited(SignedStatement? statement, Invitation invitation)
    {
        if (statement is null || !Statements.TryRead(statement, MemberJoined.Parser, out MemberJoined? joined))
        {
            throw Invalid("STATEMENT_UNREADABLE", "The statement is not a MemberJoined.", "member_joined", "Make the statement with this program.");
        }

        return SignedStatement.Parser.ParseFrom(invitation.Statement).Body.Equals(statement.Body)
            ? joined
            : throw Invalid("STATEMENT_NOT_AS_INVITED", "The statement is not the one that was approved.", "member_joined", "Enrol the node that made the application, with the invitation that was given for it.");
    }

    private async Task<ulong> JoinAsync(Invitation invitation, byte[] tokenHash, CancellationToken cancellation)
    {
        StateChange joining = new()
        {
            Entries = [new Entry { MemberJoined = SignedStatement.Parser.ParseFrom(invitation.Statement) }],
            UsedInvitation = tokenHash,
            Condition = state => AdmissionExecutor.IsTaken(state, invitation.Name)
                ? Refusal.Precondition("NAME_TAKEN", "Another member has joined under this name.", "name", "Apply under another name.")
                : null,
        };
        try
        {
            return (await _sequencer.ChangeStateAsync(joining).ConfigureAwait(false))[0].Index;
        }
        catch (RefusalException used) when (used.Refusal.Code == "INVITATION_USED")
        {
            // By the same statement, which is why the request came so far: it reached another broker on the same store as well, and its answer is the same.
            if (await _store.FindInvitationAsync(tokenHash, cancellation).ConfigureAwait(false) is { UsedAt: { } usedAt }) return usedAt;
            throw;
        }
    }

    private static void RefuseUnlessServed(NetworkMember member)
    {
        if (PeerIdentifier.RefusalOf(member.Standing) is { } refusal) throw new RefusalException(refusal);
    }

    private static RefusalException Invalid(string code, string what, string which, string remedy) => new(Refusal.Invalid(code, what, which, remedy));
}
