using System.Security.Cryptography;
using System.Text;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;

namespace Gateway.Broker.Administration;

/// <summary>
/// Admits an organisation: the approval gives a one-time invitation for exactly its statement with its sponsors' signatures. Whether the sponsors suffice,
/// <see cref="NetworkState.TryApply"/> decides, now and again when the statement goes into the log.
/// </summary>
internal sealed class AdmissionExecutor(IBrokerStore store, RandomSource random, TimeProvider time) : IChangeExecutor
{
    /// <summary>Length of an invitation's token in bytes.</summary>
    public const int TokenSize = 32;

    /// <summary>Sponsors' signatures that fit into a statement beside the member's own.</summary>
    public const int MostSponsors = 7;

    private const int MaximumName = 128, MaximumEmail = 254, MaximumPhone = 32;
    private const uint ShortestInvitation = 60, LongestInvitation = 2_592_000;

    public Change.KindOneofCase Kind => Change.KindOneofCase.Admission;

    public async ValueTask<Refusal?> CheckAsync(Change change, NetworkState state, CancellationToken cancellation)
    {
        AdmissionChange admission = change.Admission;
        if (CheckStatement(admission.MemberJoined, state, out MemberJoined? joined) is { } fault) return fault;
        if (!IsText(admission.Contacts?.Name, MaximumName) || !IsText(admission.Contacts.Email, MaximumEmail) || !admission.Contacts.Email.Contains('@', StringComparison.Ordinal) || !IsText(admission.Contacts.Phone, MaximumPhone))
        {
            return Refusal.Invalid("CONTACTS_INVALID", "An application names a responsible person with e-mail address and telephone number.", "contacts", "Give all three.");
        }

        if (admission.ValidSeconds is < ShortestInvitation or > LongestInvitation)
        {
            return Refusal.Invalid("VALIDITY_INVALID", $"An invitation is valid for {ShortestInvitation} to {LongestInvitation} seconds, not {admission.ValidSeconds}.", "valid_seconds", "Choose a time within these limits.");
        }

        MemberId id = MemberId.FromBytes(joined!.MemberId.Span);
        if (state.Members.ContainsKey(id)) return Refusal.Precondition("MEMBER_EXISTS", "A member has, or had, this id.", $"member {id.Prefix}", "Let the organisation apply anew: its node draws another id.");
        IReadOnlyList<Invitation> open = await store.ListOpenInvitationsAsync(time.GetUtcNow(), cancellation).ConfigureAwait(false);
        return IsTaken(state, joined.Name) || open.Any(other => other.Name == joined.Name)
            ? Refusal.Precondition("NAME_TAKEN", "A member or an open invitation has this name already.", "name", "Choose another name, or wait until the open invitation ends.")
            : null;
    }

    public async ValueTask<ChangeEffect> PrepareAsync(Change change, StoredChange stored, NetworkState state, CancellationToken cancellation)
    {
        SignedStatement statement = change.Admission.MemberJoined.Clone();
        statement.Signatures.AddRange((await store.Changes.ReadSponsorsAsync(stored.Number, cancellation).ConfigureAwait(false))
            .Where(sponsor => MemberId.TryFromBytes(sponsor.MemberId.Span, out MemberId member) && state.Members.TryGetValue(member, out NetworkMember? known) && known.IsActive).Take(MostSponsors));
        Entry entry = new() { MemberJoined = statement };
        if (state.TryApply(entry, entry.ToByteArray(), out _) is { } contradiction)
        {
            throw new RefusalException(Refusal.Precondition("SPONSORS_MISSING", contradiction, $"change {stored.Number}", "Ask members to sponsor the application: 'gateway member sponsor' at their own nodes."));
        }

        Statements.TryRead(statement, MemberJoined.Parser, out MemberJoined? joined);
        byte[] token = random.GetBytes(TokenSize);
        DateTimeOffset expiresAt = time.GetUtcNow().AddSeconds(change.Admission.ValidSeconds);
        Invitation invitation = new(SHA256.HashData(token), stored.Number, MemberId.FromBytes(joined!.MemberId.Span), joined.Name, joined.Role, statement.ToByteArray(), expiresAt);
        return new ChangeEffect
        {
            Decide = decision => decision with { Invitation = invitation },
            Answer = response => response.Invitation = new AdmissionInvitation { Token = ByteString.CopyFrom(token), ExpiresAt = expiresAt.ToUnixTimeSeconds() },
        };
    }

    /// <summary>Whether a member that is not gone has a name.</summary>
    public static bool IsTaken(NetworkState state, string name) => state.Members.Values.Any(member => !member.IsGone && member.Name == name);

    private static Refusal? CheckStatement(SignedStatement? statement, NetworkState state, out MemberJoined? joined)
    {
        joined = null;
        if (statement is null || !Statements.TryRead(statement, MemberJoined.Parser, out joined) || !MemberId.TryFromBytes(joined.MemberId.Span, out MemberId id)
            || !VerifyingKey.TryFromBytes(joined.MemberPk.Span, out VerifyingKey memberKey) || !BoxPublicKey.TryFromBytes(joined.BoxPk.Span, out _) || !VerifyingKey.TryFromBytes(joined.NodePk.Span, out _))
        {
            return Refusal.Invalid("STATEMENT_UNREADABLE", "The statement is not a MemberJoined with an id and three keys.", "member_joined", "Let the organisation make its application with this program.");
        }

        string name = joined.Name;
        if (!IsText(name, MaximumName)) return Refusal.Invalid("NAME_INVALID", $"A member's name has 1 to {MaximumName} bytes of UTF-8, no control characters and no spaces around it.", "name", "Give the organisation's name.");
        if (joined.Role is < MemberRole.Retailer or > MemberRole.Intermediary) return Refusal.Invalid("ROLE_INVALID", "The application names no role of the protocol.", "role", "Name one of the roles.");
        return statement.Signatures.Count == 1 && Statements.ValidSigners(statement, nameof(MemberJoined), state.GenesisHash.Span, signer => signer == id ? memberKey : null).Contains(id)
            ? null
            : Refusal.Invalid("STATEMENT_SIGNATURES", "An applicant's statement has exactly its own signature, for this network.", "member_joined.signatures", "Let the organisation make its application anew, with this network's file.");
    }

    private static bool IsText([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] string? text, int most) =>
        text is { Length: > 0 } && text == text.Trim() && Encoding.UTF8.GetByteCount(text) <= most && !text.Any(char.IsControl);
}
