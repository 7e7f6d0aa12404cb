using Gateway.Cryptography;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol.Tests;

/// <summary>One thing wrong in an otherwise honest record, and the check that must name it.</summary>
internal static class TamperingCases
{
    public static IReadOnlyDictionary<string, (RecordCheck Check, Action<RecordForge> Spoil)> All { get; } = new Dictionary<string, (RecordCheck, Action<RecordForge>)>
    {
        ["item of nothing"] = (RecordCheck.ItemSize, forge => forge.Item = _ => []),
        ["item a byte short of one block"] = (RecordCheck.ItemSize, forge => forge.Item = item => item[..1_063]),
        ["item a byte over 64 KiB"] = (RecordCheck.ItemSize, forge => forge.Item = item => [.. item, .. new byte[65_537 - item.Length]]),
        ["item of 64 blocks, well sealed"] = (RecordCheck.ItemSize, forge => forge.Plaintext = plaintext => [.. plaintext, .. new byte[65_536 - plaintext.Length]]),

        ["record_id flipped"] = (RecordCheck.RecordId, forge => forge.Entry = entry => entry.RecordId = Flip(entry.RecordId, 31)),
        ["record_id short"] = (RecordCheck.RecordId, forge => forge.Entry = entry => entry.RecordId = Cut(entry.RecordId)),
        ["entry's circle flipped"] = (RecordCheck.RecordId, forge => forge.Entry = entry => entry.CircleId = Flip(entry.CircleId, 0)),
        ["entry's circle short"] = (RecordCheck.RecordId, forge => forge.Entry = entry => entry.CircleId = Cut(entry.CircleId)),
        ["entry's epoch another"] = (RecordCheck.RecordId, forge => forge.Entry = entry => entry.Epoch++),

        ["signature flipped"] = (RecordCheck.Signature, forge => forge.Entry = entry => entry.Signature = Flip(entry.Signature, 3)),
        ["signature short"] = (RecordCheck.Signature, forge => forge.Entry = entry => entry.Signature = Cut(entry.Signature)),
        ["signature missing"] = (RecordCheck.Signature, forge => forge.Entry = entry => entry.Signature = ByteString.Empty),
        ["expiry changed after signing"] = (RecordCheck.Signature, forge => forge.Entry = entry => entry.ExpiryDay++),
        ["issuance changed after signing"] = (RecordCheck.Signature, forge => forge.Entry = entry => entry.Issuance = Flip(entry.Issuance, 0)),
        ["issuance of 31 bytes, well signed"] = (RecordCheck.Signature, forge => forge.BeforeSigning = entry => entry.Issuance = Cut(entry.Issuance)),
        ["issuance of 33 bytes, well signed"] = (RecordCheck.Signature, forge => forge.BeforeSigning = entry => entry.Issuance = ByteString.CopyFrom([.. entry.Issuance, 0])),
        ["record_pk another after signing"] = (RecordCheck.Signature, forge => forge.Entry = entry => entry.RecordPk = ByteString.CopyFrom(Plain.SigningPublic(new byte[32]))),
        ["record_pk of small order"] = (RecordCheck.Signature, forge => forge.Entry = entry => entry.RecordPk = ByteString.CopyFrom([1, .. new byte[31]])),
        ["record_pk short"] = (RecordCheck.Signature, forge => forge.Entry = entry => entry.RecordPk = Cut(entry.RecordPk)),
        ["signed by the member key"] = (RecordCheck.Signature, forge => forge.Entry = entry => entry.Signature = SignedBy("gateway/v1/member-key", "gateway/v1/publish", entry)),
        ["signed under another label"] = (RecordCheck.Signature, forge => forge.Entry = entry => Resign(entry, "gateway/v1/withdraw")),

        ["nonce flipped"] = (RecordCheck.ItemOpens, forge => forge.Item = item => Flip(item, 5)),
        ["ciphertext flipped"] = (RecordCheck.ItemOpens, forge => forge.Item = item => Flip(item, 500)),
        ["tag flipped"] = (RecordCheck.ItemOpens, forge => forge.Item = item => Flip(item, item.Length - 1)),
        ["item bound to another circle"] = (RecordCheck.ItemOpens, forge => forge.ItemContext = context => Flip(context, 2)),
        ["item bound to another epoch"] = (RecordCheck.ItemOpens, forge => forge.ItemContext = context => Flip(context, 19)),
        ["item bound to nothing"] = (RecordCheck.ItemOpens, forge => forge.ItemContext = _ => []),

        ["padding not zero at its end"] = (RecordCheck.ItemPadding, forge => forge.Plaintext = plaintext => Flip(plaintext, plaintext.Length - 1)),
        ["padding not zero at its start"] = (RecordCheck.ItemPadding, forge => forge.Plaintext = plaintext => Flip(plaintext, LengthIn(plaintext))),
        ["a block of padding too many"] = (RecordCheck.ItemPadding, forge => forge.Plaintext = plaintext => [.. plaintext, .. new byte[1_024]]),
        ["a block of padding where none is due"] = (RecordCheck.ItemPadding, forge =>
        {
            forge.Parts = parts => [.. parts[..4], new byte[3_072 - 24 - parts[..4].Sum(part => part.Length)]];
            forge.Plaintext = plaintext => plaintext.Length == 3_072 && LengthIn(plaintext) == 3_072 ? [.. plaintext, .. new byte[1_024]] : throw new InvalidOperationException("The record does not fill its blocks.");
        }),
        ["plaintext not a multiple of 1,024"] = (RecordCheck.ItemPadding, forge => forge.Plaintext = plaintext => [.. plaintext, 0]),
        ["length beyond the plaintext"] = (RecordCheck.ItemPadding, forge => forge.Plaintext = plaintext => [.. Plain.U32((uint)plaintext.Length - 3), .. plaintext[4..]]),
        ["length of 4 GiB"] = (RecordCheck.ItemPadding, forge => forge.Plaintext = plaintext => [255, 255, 255, 255, .. plaintext[4..]]),

        ["record of nothing"] = (RecordCheck.Layout, forge => forge.Sealed = _ => []),
        ["trailing byte"] = (RecordCheck.Layout, forge => forge.Sealed = record => [.. record, 0]),
        ["sixth part"] = (RecordCheck.Layout, forge => forge.Parts = parts => [.. parts, []]),
        ["four parts"] = (RecordCheck.Layout, forge => forge.Parts = parts => parts[..4]),
        ["head of nothing"] = (RecordCheck.Layout, forge => forge.Parts = parts => [[], .. parts[1..]]),
        ["head a byte short"] = (RecordCheck.Layout, forge => forge.Parts = parts => [parts[0][..123], .. parts[1..]]),
        ["head a byte long"] = (RecordCheck.Layout, forge => forge.Parts = parts => [[.. parts[0], 0], .. parts[1..]]),
        ["a part of 4 GiB"] = (RecordCheck.Layout, forge => forge.Sealed = record => [255, 255, 255, 255, .. record[4..]]),
        ["the last part a byte longer than the record"] = (RecordCheck.Layout, forge => forge.Sealed = record => record[..^1]),
        ["head states more slots than there are"] = (RecordCheck.Layout, forge => forge.Head = head => With(head, 121, 16)),
        ["head states more name tags than there are"] = (RecordCheck.Layout, forge => forge.Head = head => With(head, 123, 32)),
        ["a slot a byte short"] = (RecordCheck.Layout, forge => forge.Slots = slots => [.. slots[..^1], slots[^1][..63]]),
        ["body shorter than a tag"] = (RecordCheck.Layout, forge => forge.Parts = parts => [.. parts[..4], new byte[15]]),

        ["version 0"] = (RecordCheck.Version, forge => forge.Head = head => With(head, 0, 0)),
        ["version 2"] = (RecordCheck.Version, forge => forge.Head = head => With(head, 0, 2)),
        ["version 2 with another head"] = (RecordCheck.Version, forge => forge.Parts = parts => [[2, 1, 2, 3], .. parts[1..]]),
        ["head's circle another"] = (RecordCheck.Circle, forge => forge.Head = head => Flip(head, 1)),
        ["head's epoch another"] = (RecordCheck.Epoch, forge => forge.Head = head => Flip(head, 20)),
        ["head's record_pk another"] = (RecordCheck.RecordKey, forge => forge.Head = head => Flip(head, 57)),

        ["seven slots"] = (RecordCheck.SlotPadding, forge => SlotCount(forge, 7)),
        ["nine slots"] = (RecordCheck.SlotPadding, forge => SlotCount(forge, 9)),
        ["no slots"] = (RecordCheck.SlotPadding, forge => SlotCount(forge, 0)),
        ["two slots swapped"] = (RecordCheck.SlotOrder, forge => forge.Slots = slots => [slots[1], slots[0], .. slots[2..]]),
        ["last two slots swapped"] = (RecordCheck.SlotOrder, forge => forge.Slots = slots => [.. slots[..^2], slots[^1], slots[^2]]),
        ["a slot twice"] = (RecordCheck.SlotOrder, forge => forge.Slots = slots => [slots[0], slots[0], .. slots[2..]]),
        ["a tag in two slots"] = (RecordCheck.SlotOrder, forge => forge.Slots = slots => [slots[0], [.. slots[0][..16], .. slots[1][16..]], .. slots[2..]]),
        ["one name tag"] = (RecordCheck.NameTagPadding, forge => NameTagCount(forge, 1)),
        ["fifteen name tags"] = (RecordCheck.NameTagPadding, forge => NameTagCount(forge, 15)),
        ["512 name tags"] = (RecordCheck.NameTagPadding, forge => NameTagCount(forge, 512)),
        ["two name tags swapped"] = (RecordCheck.NameTagOrder, forge => forge.NameTags = tags => [tags[1], tags[0], .. tags[2..]]),
        ["a name tag twice"] = (RecordCheck.NameTagOrder, forge => forge.NameTags = tags => [.. tags[..^1], tags[^2]]),

        ["summary no message"] = (RecordCheck.Summary, forge => forge.SummaryBytes = _ => [255, 255, 255]),
        ["summary of nothing"] = (RecordCheck.Summary, forge => forge.SummaryBytes = _ => []),
        ["summary over 4 KiB"] = (RecordCheck.Summary, forge => forge.SummaryBytes = bytes => [.. bytes, .. UnknownField(4_096)]),
        ["no kind"] = (RecordCheck.Summary, Summarised(summary => summary.Kind = RecordKind.Unspecified)),
        ["no evidence grade"] = (RecordCheck.Summary, Summarised(summary => summary.EvidenceGrade = EvidenceGrade.Unspecified)),
        ["nine categories"] = (RecordCheck.Summary, Summarised(summary => summary.Categories.Add(Enumerable.Repeat(GoodsCategory.Toys, 7)))),
        ["seventeen HS codes"] = (RecordCheck.Summary, Summarised(summary => summary.HsCodes.Add(Enumerable.Repeat("64", 15)))),
        ["HS code of four digits"] = (RecordCheck.Summary, Summarised(summary => summary.HsCodes.Add("6403"))),
        ["HS code of letters"] = (RecordCheck.Summary, Summarised(summary => summary.HsCodes.Add("6A"))),
        ["HS code of foreign digits"] = (RecordCheck.Summary, Summarised(summary => summary.HsCodes.Add("\u0666\u0664"))),
        ["nine countries"] = (RecordCheck.Summary, Summarised(summary => summary.RouteCountries.Add(Enumerable.Repeat("FR", 6)))),
        ["country in small letters"] = (RecordCheck.Summary, Summarised(summary => summary.RouteCountries.Add("fr"))),
        ["country of three letters"] = (RecordCheck.Summary, Summarised(summary => summary.RouteCountries.Add("FRA"))),
        ["six transport modes"] = (RecordCheck.Summary, Summarised(summary => summary.TransportModes.Add(Enumerable.Repeat(TransportMode.Air, 5)))),
        ["last seen before first"] = (RecordCheck.Summary, Summarised(summary => summary.LastSeenDay = 1)),
        ["no expiry"] = (RecordCheck.Summary, Summarised(summary => summary.ExpiryDay = 0)),
        ["no reply key"] = (RecordCheck.Summary, Summarised(summary => summary.ReplyPk = ByteString.Empty)),
        ["reply key of 31 bytes"] = (RecordCheck.Summary, Summarised(summary => summary.ReplyPk = Cut(summary.ReplyPk))),
        ["summary expires later than the entry"] = (RecordCheck.Expiry, Summarised(summary => summary.ExpiryDay++)),
        ["entry expires later than the summary, well signed"] = (RecordCheck.Expiry, forge => forge.BeforeSigning = entry => entry.ExpiryDay++),

        ["a name's place beyond the name tags"] = (RecordCheck.NameLayout, Summarised(summary => summary.Names.Add(Name(Word(16))))),
        ["a skeleton's place beyond the name tags"] = (RecordCheck.NameLayout, Summarised(summary => summary.Names.Add(Name(new WordLayout { Exact = 0, Skeletons = { 16 } })))),
        ["a deletion's place of 32 bits"] = (RecordCheck.NameLayout, Summarised(summary => summary.Names.Add(Name(new WordLayout { Exact = 0, Deletions = { uint.MaxValue } })))),
        ["two words of a name at one place"] = (RecordCheck.NameLayout, Summarised(summary => summary.Names.Add(Name(Word(3), Word(3))))),
        ["a name without words"] = (RecordCheck.NameLayout, Summarised(summary => summary.Names.Add(new NameLayout()))),
        ["a name of eighteen words"] = (RecordCheck.NameLayout, Summarised(summary => summary.Names.Add(Name([.. Enumerable.Range(0, 18).Select(place => Word((uint)place % 16))])))),
        ["a word with 65 places"] = (RecordCheck.NameLayout, Summarised(summary => summary.Names.Add(Name(new WordLayout { Exact = 0, Deletions = { Enumerable.Repeat(1u, 64) } })))),
        ["seventeen names"] = (RecordCheck.NameLayout, Summarised(summary => summary.Names.Add(Enumerable.Repeat(Name(Word(1)), 17)))),

        ["box flipped"] = (RecordCheck.SlotOpens, forge => forge.Slots = slots => [.. slots.Select(slot => Flip(slot, 40))]),
        ["boxes under each other's tags"] = (RecordCheck.SlotOpens, forge => forge.Slots = slots => [.. slots.Select((slot, i) => (byte[])[.. slot[..16], .. slots[(i + 1) % slots.Count][16..]])]),
        ["boxes bound to another head"] = (RecordCheck.SlotOpens, forge => forge.BoxContext = head => Flip(head, 122)),
        ["slot left out"] = (RecordCheck.SlotOpens, forge => forge.Slots = slots => [.. slots.Select(slot => IsMet(slot) ? Flip(slot, 15) : slot)]),
        ["box with another content key"] = (RecordCheck.ContentKeyCommitment, forge => forge.BoxedContentKey = key => Flip(key, 0)),
        ["commitment to another content key"] = (RecordCheck.ContentKeyCommitment, forge => forge.Head = head => Flip(head, 89)),

        ["body flipped"] = (RecordCheck.BodyAuthenticates, forge => forge.Parts = parts => [.. parts[..4], Flip(parts[4], 0)]),
        ["body of nothing but a tag"] = (RecordCheck.BodyAuthenticates, forge => forge.Parts = parts => [.. parts[..4], new byte[16]]),
        ["summary changed under the body"] = (RecordCheck.BodyAuthenticates, forge => forge.Parts = parts => [parts[0], [.. parts[1], .. UnknownField(1)], .. parts[2..]]),
        ["padding slot changed under the body"] = (RecordCheck.BodyAuthenticates, forge => forge.Parts = parts => [.. parts[..2], PaddingBoxFlipped(parts[2]), .. parts[3..]]),
        ["name tag changed under the body"] = (RecordCheck.BodyAuthenticates, forge => forge.Parts = parts => [.. parts[..3], Flip(parts[3], 15), parts[4]]),

        ["body no message"] = (RecordCheck.Body, forge => forge.BodyBytes = _ => [255, 255, 255]),
        ["body over 32 KiB"] = (RecordCheck.Body, forge => forge.BodyBytes = body => [.. body, .. UnknownField(32_768)]),
        ["body lists a tag twice"] = (RecordCheck.Body, forge => forge.Body = body => body.Identifiers.Add(body.Identifiers[0].Clone())),
        ["body lists a tag under two types"] = (RecordCheck.Body, forge => forge.Body = body => body.Identifiers.Add(new BodyIdentifier(body.Identifiers[0]) { Type = 9 })),
        ["body lists a tag of 15 bytes"] = (RecordCheck.Body, forge => forge.Body = body => body.Identifiers.Add(new BodyIdentifier(body.Identifiers[0]) { Tag = Cut(body.Identifiers[0].Tag) })),
        ["body has a source of 7 bytes"] = (RecordCheck.Body, forge => forge.Body = body => body.Identifiers[0].Source = Cut(body.Identifiers[0].Source)),
        ["body has a type of 0"] = (RecordCheck.Body, forge => forge.Body = body => body.Identifiers[0].Type = 0),
        ["body has a type of 768"] = (RecordCheck.Body, forge => forge.Body = body => body.Identifiers[0].Type = 768),
        ["body has a type beyond 16 bits"] = (RecordCheck.Body, forge => forge.Body = body => Met(body).Type += 65_536),
        ["body has a text of 127 bytes"] = (RecordCheck.Body, forge => forge.Body = body => body.Texts[0].Clk = Cut(body.Texts[0].Clk)),
        ["body links 17 records"] = (RecordCheck.Body, forge => forge.Body = body => body.LinkedRecordIds.Add(Enumerable.Repeat(body.LinkedRecordIds[0], 16))),
        ["body links half an id"] = (RecordCheck.Body, forge => forge.Body = body => body.LinkedRecordIds[0] = Cut(body.LinkedRecordIds[0])),

        ["body lists the identifier under another type"] = (RecordCheck.IdentifierListed, forge => forge.Body = body => Met(body).Type = 2),
        ["body omits the identifier"] = (RecordCheck.IdentifierListed, forge => forge.Body = body => body.Identifiers.Remove(Met(body))),
        ["body lists nothing"] = (RecordCheck.IdentifierListed, forge => forge.Body = body => body.Identifiers.Clear()),
        ["body omits the known tag of a slot"] = (RecordCheck.KnownTagsListed, forge => forge.Body = body => Remove(body, 258)),
        ["body omits a known name tag"] = (RecordCheck.KnownTagsListed, forge => forge.Body = body => Remove(body, 512)),
    };

    public static byte[] Flip(byte[] bytes, int index)
    {
        byte[] flipped = [.. bytes];
        flipped[index] ^= 1;
        return flipped;
    }

    private static ByteString Flip(ByteString bytes, int index) => ByteString.CopyFrom(Flip(bytes.ToByteArray(), index));

    private static ByteString Cut(ByteString bytes) => ByteString.CopyFrom(bytes.Span[..^1]);

    private static byte[] With(byte[] bytes, int index, byte value)
    {
        byte[] changed = [.. bytes];
        changed[index] = value;
        return changed;
    }

    private static Action<RecordForge> Summarised(Action<Summary> spoil) => forge => forge.SummaryBytes = bytes =>
    {
        Summary summary = Summary.Parser.ParseFrom(bytes);
        spoil(summary);
        return summary.ToByteArray();
    };

    private static WordLayout Word(uint exact) => new() { Exact = exact };

    private static NameLayout Name(params WordLayout[] words) => new() { Words = { words } };

    // Field 1000, length-delimited: a parser keeps it and goes on.
    private static byte[] UnknownField(int length) => [0xC2, 0x3E, (byte)((length & 0x7F) | 0x80), (byte)(((length >> 7) & 0x7F) | 0x80), (byte)(length >> 14), .. new byte[length]];

    private static int LengthIn(byte[] plaintext) => 4 + (plaintext[0] << 24) + (plaintext[1] << 16) + (plaintext[2] << 8) + plaintext[3];

    private static void SlotCount(RecordForge forge, int count)
    {
        forge.Head = head => With(head, 121, (byte)count);
        forge.Slots = slots => count <= slots.Count ? slots[..count] : [.. slots, .. Enumerable.Range(0, count - slots.Count).Select(i => (byte[])[.. Enumerable.Repeat((byte)255, 15), (byte)i, .. new byte[48]])];
    }

    private static void NameTagCount(RecordForge forge, int count)
    {
        forge.Head = head => With(With(head, 122, (byte)(count >> 8)), 123, (byte)count);
        forge.NameTags = tags => count <= tags.Count ? tags[..count] : [.. Enumerable.Range(0, count).Select(i => (byte[])[.. Plain.U16(i), .. new byte[14]])];
    }

    private static byte[] MetTag { get; } = Plain.Tag(Plain.Pseudonym(Sample.CircleKeyBytes, Sample.Circle.ToArray(), Sample.Epoch, Sample.Evaluation(1)));

    private static bool IsMet(byte[] slot) => slot.AsSpan(0, 16).SequenceEqual(MetTag);

    private static BodyIdentifier Met(RecordBody body) => body.Identifiers.Single(one => one.Type == 1);

    private static void Remove(RecordBody body, uint type) => body.Identifiers.Remove(body.Identifiers.Single(one => one.Type == type));

    private static byte[] PaddingBoxFlipped(byte[] slots)
    {
        HashSet<string> real = [.. Sample.ForgedIdentifiers.Select(one => Convert.ToHexString(Plain.Tag(Plain.Pseudonym(Sample.CircleKeyBytes, Sample.Circle.ToArray(), Sample.Epoch, one.Evaluation))))];
        int padding = Enumerable.Range(0, slots.Length / 64).First(i => !real.Contains(Convert.ToHexString(slots.AsSpan(i * 64, 16))));
        return Flip(slots, (padding * 64) + 20);
    }

    private static byte[] Published(string label, RecordPublished entry) => Plain.Join(Plain.Label(label), entry.RecordId.ToByteArray(), Plain.U32(entry.ExpiryDay), entry.Issuance.ToByteArray());

    private static ByteString SignedBy(string key, string label, RecordPublished entry) => ByteString.CopyFrom(Plain.Sign(Plain.Derive(Sample.MemberSeed, key), Published(label, entry)));

    // With a record key of its own, which signs what it should not.
    private static void Resign(RecordPublished entry, string label)
    {
        using SigningKey key = SigningKey.FromSeed(new byte[32]);
        entry.RecordPk = ByteString.CopyFrom(key.PublicKey.ToArray());
        entry.Signature = ByteString.CopyFrom(key.Sign(Published(label, entry)));
    }
}
