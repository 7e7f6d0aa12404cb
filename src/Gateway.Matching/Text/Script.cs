namespace Gateway.Matching.Text;

/// <summary>The scripts that names are read from in ways of their own.</summary>
internal enum Script : byte
{
    Latin,
    Cyrillic,
    Greek,
    Arabic,
    Hebrew,
    Han,
    Kana,
    Hangul,

    /// <summary>Read sign by sign.</summary>
    Other,
}

/// <summary>Which script a sign is of.</summary>
internal static class Scripts
{
    internal static Script Of(int cp) => cp switch
    {
        < 0x250 or (>= 0x1E00 and < 0x1F00) => Script.Latin,
        (>= 0x370 and < 0x400) or (>= 0x1F00 and < 0x2000) => Script.Greek,
        >= 0x400 and < 0x530 => Script.Cyrillic,
        >= 0x590 and < 0x600 => Script.Hebrew,
        (>= 0x600 and < 0x780) or (>= 0x8A0 and < 0x900) => Script.Arabic,
        >= 0x3040 and < 0x3100 => Script.Kana,
        0x3005 or (>= 0x3400 and < 0xA000) or (>= 0xF900 and < 0xFB00) or >= 0x20000 => Script.Han,
        (>= 0xAC00 and < 0xD7A4) or (>= 0x1100 and < 0x1200) => Script.Hangul,
        _ => Script.Other,
    };
}
