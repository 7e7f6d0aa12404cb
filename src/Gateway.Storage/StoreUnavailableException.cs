namespace Gateway.Storage;

/// <summary>The store cannot write or read now: the disk is full, the file is locked or the server is away. Nothing of the operation has happened; trying again later is right.</summary>
public sealed class StoreUnavailableException(string what, Exception inner) : Exception(what, inner)
{
}
