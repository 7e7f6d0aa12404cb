namespace Gateway.Cryptography.Tests;

/// <summary>Gives out the scalars a vector prescribes: 64-byte draws whose value is below the group's order, so that reduction leaves it.</summary>
internal sealed class ScriptedRandomSource(params IEnumerable<byte[]> scalars) : RandomSource
{
    private readonly Queue<byte[]> _scalars = new(scalars);

    internal int Remaining => _scalars.Count;

    public override void Fill(Span<byte> destination)
    {
        Assert.Equal(64, destination.Length);
        destination.Clear();
        _scalars.Dequeue().CopyTo(destination);
    }
}
