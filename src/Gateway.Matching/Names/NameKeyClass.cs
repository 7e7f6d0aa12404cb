namespace Gateway.Matching.Names;

/// <summary>What a NAME key is to its word.</summary>
public enum NameKeyClass : byte
{
    /// <summary>The word itself.</summary>
    Exact,

    /// <summary>Another spelling of it.</summary>
    Spelling,

    /// <summary>The word and the next one written as one.</summary>
    Joined,

    /// <summary>The word with one letter left out.</summary>
    Deletion,

    /// <summary>Its skeleton.</summary>
    Skeleton,

    /// <summary>Its coarser sound.</summary>
    Phonetic,

    /// <summary>The initials of the whole name.</summary>
    Initials,
}
