namespace Gateway.Matching.Identifiers;

/// <summary>How much an identifier proves, and so how it may stand in a record (protocol §3). One OPRF key serves one class.</summary>
public enum IdentifierClass : byte
{
    /// <summary>One party or thing: an e-mail address, a registration number. Opens a record.</summary>
    Strong = 1,

    /// <summary>A combination that about ten parties at most are expected to share. Opens a record where the rule of protocol §3 allows it.</summary>
    Compound = 2,

    /// <summary>A single word of a name. Detects and scores, never opens.</summary>
    Name = 3,
}
