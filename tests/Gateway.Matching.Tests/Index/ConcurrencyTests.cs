using Gateway.Matching.Index;

namespace Gateway.Matching.Tests.Index;

/// <summary>Real threads, bounded work: readers go on until the writer has done its last step, and check what must hold at every moment.</summary>
public sealed class ConcurrencyTests
{
    private const int Steady = 500;
    private const int Steps = 40_000;

    [Fact]
    public async Task Readers_never_see_a_steady_identifier_otherwise_while_the_writer_grows_and_shrinks_the_table()
    {
        KnownIdentifiers table = new();
        UInt128[] clear = Hashes.Range(0, Steady);
        UInt128[] hit = Hashes.Range(Steady, Steady);
        UInt128[] never = Hashes.Range(2 * Steady, Steady);
        UInt128[] moving = Hashes.Range(10_000, 20_000);
        for (int i = 0; i < Steady; i++)
        {
            table.Add(clear[i]);
            table.Add(hit[i], i % 2 == 0 ? [i] : [i, i + 1]);
        }

        using CancellationTokenSource done = new();
        Task[] readers = [.. Enumerable.Range(0, 3).Select(n => Background(() => Read(table, clear, hit, never, moving, n % 2 == 0, done.Token)))];
        try
        {
            Random random = new(3);
            for (int step = 0; step < Steps; step++)
            {
                UInt128 hash = moving[random.Next(moving.Length)];
                switch (random.Next(6))
                {
                    case 0 or 1:
                        // A moving identifier's records are all 1,000,000 or more.
                        table.Add(hash, [1_000_000 + random.Next(5), 1_000_010]);
                        break;
                    case 2:
                        table.Add(hash);
                        break;
                    case 3:
                        table.AddHit(hash, 1_000_000 + random.Next(5));
                        break;
                    case 4:
                        table.RemoveHit(hash, 1_000_010);
                        break;
                    default:
                        table.Remove(hash);
                        break;
                }

                // The steady ones' lists change too, to an equal state.
                int steady = step % Steady;
                table.AddHit(hit[steady], 500_000);
                table.RemoveHit(hit[steady], 500_000);
            }
        }
        finally
        {
            await done.CancelAsync();
        }

        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task A_set_that_grows_to_a_stop_value_is_whole_at_every_moment()
    {
        KnownIdentifiers table = new();
        UInt128 hash = Hashes.Of(1);
        table.Add(hash, [0]);
        using CancellationTokenSource done = new();
        Task[] readers = [.. Enumerable.Range(0, 3).Select(_ => Background(() =>
        {
            int longest = 1;
            while (!done.IsCancellationRequested)
            {
                KnownState before = table.Find(hash);
                ReadOnlySpan<int> records = table.HitsOf(hash);
                Assert.True(records.Length >= longest, "records went missing");
                longest = records.Length;
                for (int i = 0; i < records.Length; i += Math.Max(1, records.Length / 64)) Assert.Equal(i, records[i]);
                Assert.Equal(records.Length - 1, records[^1]);
                Assert.True(before is KnownState.Hit or KnownState.StopValue);
                Assert.True(before == KnownState.Hit || records.Length > KnownIdentifiers.DefaultStopValueAt);
            }
        }))];
        try
        {
            for (int record = 1; record < 200_000; record++) table.AddHit(hash, record);
        }
        finally
        {
            await done.CancelAsync();
        }

        await Task.WhenAll(readers);
        Assert.Equal(200_000, table.HitsOf(hash).Length);
    }

    [Fact]
    public async Task A_hit_never_reads_as_clear_while_its_records_are_exchanged()
    {
        KnownIdentifiers table = new();
        UInt128 hash = Hashes.Of(1);
        table.Add(hash, [0]);
        await WhileReading(
            state => Assert.Equal(KnownState.Hit, state),
            table,
            hash,
            () =>
            {
                for (int record = 1; record < Steps; record++)
                {
                    table.AddHit(hash, record);
                    table.RemoveHit(hash, record - 1);
                }
            });
        Assert.Equal([Steps - 1], table.HitsOf(hash).ToArray());
    }

    [Fact]
    public async Task A_known_identifier_never_reads_as_unknown_while_hits_come_and_go()
    {
        KnownIdentifiers table = new();
        UInt128 hash = Hashes.Of(1);
        table.Add(hash);
        await WhileReading(
            state => Assert.True(state is KnownState.Clear or KnownState.Hit, $"read as {state}"),
            table,
            hash,
            () =>
            {
                for (int record = 0; record < Steps; record++)
                {
                    table.AddHit(hash, record);
                    table.RemoveHit(hash, record);
                }
            });
        Assert.Equal(KnownState.Clear, table.Find(hash));
    }

    [Fact]
    public async Task A_reader_of_one_identifiers_hits_never_gets_anothers()
    {
        // Two sets take turns in the same place of the list store, so that a reader who is late finds the other's.
        KnownIdentifiers table = new();
        UInt128 one = Hashes.Of(1);
        UInt128 other = Hashes.Of(2);
        table.Add(one);
        table.Add(other);
        using CancellationTokenSource done = new();
        Task reader = Background(() =>
        {
            do
            {
                Assert.True(table.HitsOf(one).IndexOfAnyExcept(1, 2) < 0, "another identifier's hits appeared");
                Assert.True(table.HitsOf(other).IndexOfAnyExcept(3, 4) < 0, "another identifier's hits appeared");
            }
            while (!done.IsCancellationRequested);
        });
        try
        {
            for (int step = 0; step < Steps; step++)
            {
                table.Add(one, [1, 2]);
                table.Add(one);
                table.Add(other, [3, 4]);
                table.Add(other);
            }
        }
        finally
        {
            await done.CancelAsync();
        }

        await reader;
    }

    private static async Task WhileReading(Action<KnownState> check, KnownIdentifiers table, UInt128 hash, Action write)
    {
        using CancellationTokenSource done = new();
        Task reader = Background(() =>
        {
            KnownState[] state = new KnownState[1];
            do
            {
                table.Find([hash], state);
                check(state[0]);
                table.FindPlainly([hash], state);
                check(state[0]);
            }
            while (!done.IsCancellationRequested);
        });
        try
        {
            write();
        }
        finally
        {
            await done.CancelAsync();
        }

        await reader;
    }

    private static Task Background(Action work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void Read(KnownIdentifiers table, UInt128[] clear, UInt128[] hit, UInt128[] never, UInt128[] moving, bool vector, CancellationToken done)
    {
        KnownState[] states = new KnownState[moving.Length];
        do
        {
            Find(table, clear, states, vector);
            Assert.Equal(-1, states.AsSpan(0, Steady).IndexOfAnyExcept(KnownState.Clear));
            Find(table, hit, states, vector);
            Assert.Equal(-1, states.AsSpan(0, Steady).IndexOfAnyExcept(KnownState.Hit));
            Find(table, never, states, vector);
            Assert.Equal(-1, states.AsSpan(0, Steady).IndexOfAnyExcept(KnownState.Unknown));
            for (int i = 0; i < Steady; i++)
            {
                ReadOnlySpan<int> records = table.HitsOf(hit[i]);
                Assert.True(records.Contains(i), "a steady hit was lost");
                Assert.True(records.IndexOfAnyExcept(i, i + 1, 500_000) < 0, "a phantom hit appeared");
            }

            foreach (UInt128 hash in moving.AsSpan(0, 2_000))
            {
                ReadOnlySpan<int> records = table.HitsOf(hash);
                Assert.True(records.IsEmpty || records[0] >= 1_000_000, "another identifier's hits appeared");
            }
        }
        while (!done.IsCancellationRequested);
    }

    private static void Find(KnownIdentifiers table, UInt128[] hashes, KnownState[] states, bool vector)
    {
        if (vector)
        {
            table.Find(hashes, states);
        }
        else
        {
            table.FindPlainly(hashes, states);
        }
    }
}
