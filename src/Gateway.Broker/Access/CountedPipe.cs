using System.Buffers;
using System.IO.Pipelines;

namespace Gateway.Broker.Access;

/// <summary>A connection's two pipes, with what the server takes from the client counted on the way. Nothing is copied.</summary>
internal sealed class CountedPipe(IDuplexPipe transport, FrameCounter counter, Action onSpent) : IDuplexPipe
{
    public PipeReader Input { get; } = new CountedReader(transport.Input, counter, onSpent);

    public PipeWriter Output => transport.Output;

    private sealed class CountedReader(PipeReader inner, FrameCounter counter, Action onSpent) : PipeReader
    {
        private ReadOnlySequence<byte> _read;
        private bool _isSpent;

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            ReadResult result = await inner.ReadAsync(cancellationToken).ConfigureAwait(false);
            _read = result.Buffer;
            return result;
        }

        public override bool TryRead(out ReadResult result)
        {
            bool read = inner.TryRead(out result);
            if (read) _read = result.Buffer;
            return read;
        }

        public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
            if (!_isSpent && !counter.Take(_read.Slice(0, consumed)))
            {
                _isSpent = true;
                onSpent();
            }

            _read = default;
            inner.AdvanceTo(consumed, examined);
        }

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);
    }
}
