namespace Gateway.Storage;

/// <summary>The file is not a store that this program may open: another role's, a newer program's, or something else altogether. Nothing was changed in it.</summary>
public sealed class StoreRefusedException(string what) : Exception(what)
{
}
