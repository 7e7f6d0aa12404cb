using System.Diagnostics.CodeAnalysis;

namespace Gateway.Ledger;

/// <summary>The full tiles read or completed last, least recently used out first. 16 KiB a tile.</summary>
internal sealed class TileCache(int capacity)
{
    private readonly Dictionary<TileId, LinkedListNode<(TileId Id, ExpandedTile Tile)>> _tiles = [];
    private readonly LinkedList<(TileId Id, ExpandedTile Tile)> _byUse = new();

    public bool TryGet(TileId id, [NotNullWhen(true)] out ExpandedTile? tile)
    {
        if (!_tiles.TryGetValue(id, out LinkedListNode<(TileId Id, ExpandedTile Tile)>? node))
        {
            tile = null;
            return false;
        }

        _byUse.Remove(node);
        _byUse.AddFirst(node);
        tile = node.Value.Tile;
        return true;
    }

    public void Add(TileId id, ExpandedTile tile)
    {
        if (_tiles.Count == capacity)
        {
            _tiles.Remove(_byUse.Last!.Value.Id);
            _byUse.RemoveLast();
        }

        _tiles.Add(id, _byUse.AddFirst((id, tile)));
    }
}
