using System.Text;
using Gateway.Storage.Sql;
using Npgsql;
using NpgsqlTypes;

namespace Gateway.Storage.Postgres;

/// <summary>A statement of PostgreSQL, prepared on its connection when it is run first.</summary>
internal sealed class PostgresStatement : Statement
{
    /// <summary>From so many rows on a COPY, with its own way there and back, is quicker than the rows one by one.</summary>
    private const int FewRows = 8;

    private readonly PostgresSession _session;
    private readonly PostgresText _text;
    private readonly NpgsqlCommand _command;
    private readonly List<object?[]> _queued = [];
    private bool _prepared;
    private NpgsqlDataReader? _reader;

    public PostgresStatement(PostgresSession session, PostgresText text)
    {
        _session = session;
        _text = text;
        _command = new NpgsqlCommand(text.Sql, session.Connection);
        foreach (NpgsqlDbType type in text.Parameters)
        {
            _command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = DBNull.Value });
        }
    }

    private NpgsqlDataReader Reader => _reader ?? throw new InvalidOperationException("The statement has no row: another one of the session was begun, or it is at its end.");

    public override int Run()
    {
        Begin();
        return _command.ExecuteNonQuery();
    }

    public override void Queue()
    {
        if (_text.Copy is null)
        {
            Run();
            return;
        }

        if (_queued.Count == 0)
        {
            _session.AddQueue(this);
        }

        _queued.Add([.. _command.Parameters.Select(parameter => parameter.Value == DBNull.Value ? null : parameter.Value)]);
    }

    public override bool Step()
    {
        if (_reader is null)
        {
            Begin();
            _reader = _command.ExecuteReader();
            _session.Reading = this;
        }

        if (_reader.Read())
        {
            return true;
        }

        Reset();
        return false;
    }

    /// <summary>This query with the parameters that are bound now, to be run with others.</summary>
    public NpgsqlBatchCommand ToBatchCommand()
    {
        NpgsqlBatchCommand command = new(_text.Sql);
        foreach (NpgsqlParameter parameter in _command.Parameters) command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = parameter.NpgsqlDbType, Value = parameter.Value });
        return command;
    }

    /// <summary>Runs queries made by <see cref="ToBatchCommand"/>, and reads the rows of each.</summary>
    public void ReadAll(NpgsqlBatch batch, Action<Statement> read)
    {
        _session.Settle();
        batch.Prepare(); // Asks the server only where it does not know the statement yet.
        _reader = batch.ExecuteReader();
        _session.Reading = this;
        do
        {
            while (_reader.Read()) read(this);
        }
        while (_reader.NextResult());
        Reset();
    }

    public override void Reset()
    {
        if (_reader is null)
        {
            return;
        }

        _reader.Dispose();
        _reader = null;
        _session.Reading = null;
    }

    /// <summary>Writes the rows that wait.</summary>
    public void WriteQueue()
    {
        if (_queued.Count < FewRows)
        {
            foreach (object?[] row in _queued)
            {
                for (int i = 0; i < row.Length; i++)
                {
                    _command.Parameters[i].Value = row[i] ?? DBNull.Value;
                }

                Prepare();
                _command.ExecuteNonQuery();
            }
        }
        else
        {
            if (_text.Copy!.Before is { } before) _session.Run(before);
            Copy();
            if (_text.Copy.After is { } after) _session.Run(after);
        }

        _queued.Clear();
    }

    /// <summary>Forgets the rows that wait: the transaction failed.</summary>
    public void ForgetQueue() => _queued.Clear();

    protected override void Set(int parameter, long value) => _command.Parameters[parameter].Value = value;

    protected override void Set(int parameter, ReadOnlySpan<byte> value) => _command.Parameters[parameter].Value = value.ToArray();

    protected override void SetText(int parameter, string value, ReadOnlySpan<byte> utf8) => _command.Parameters[parameter].Value = value;

    protected override void SetNull(int parameter) => _command.Parameters[parameter].Value = DBNull.Value;

    protected override ColumnType TypeOf(int column)
    {
        if (Reader.IsDBNull(column)) return ColumnType.Null;
        Type type = Reader.GetFieldType(column);
        return type == typeof(byte[]) ? ColumnType.Bytes : type == typeof(string) ? ColumnType.Text : ColumnType.Integer;
    }

    protected override long GetInt64(int column) => Reader.IsDBNull(column) ? 0 : Reader.GetInt64(column);

    protected override ReadOnlySpan<byte> GetSpan(int column) => GetBytes(column);

    protected override ReadOnlySpan<byte> GetUtf8(int column) => Reader.IsDBNull(column) ? [] : Encoding.UTF8.GetBytes(Reader.GetString(column));

    protected override byte[] GetBytes(int column) => Reader.IsDBNull(column) ? [] : Reader.GetFieldValue<byte[]>(column);

    protected override void Close()
    {
        Reset();
        _command.Dispose();
    }

    private void Begin()
    {
        _session.Settle();
        Prepare();
    }

    private void Prepare()
    {
        if (_prepared) return;
        _command.Prepare();
        _prepared = true;
    }

    private void Copy()
    {
        using NpgsqlBinaryImporter writer = _session.Connection.BeginBinaryImport(_text.Copy!.Copy);
        foreach (object?[] row in _queued)
        {
            writer.StartRow();
            for (int i = 0; i < row.Length; i++)
            {
                switch (row[i])
                {
                    case long number:
                        writer.Write(number, NpgsqlDbType.Bigint);
                        break;
                    case byte[] bytes:
                        writer.Write(bytes, NpgsqlDbType.Bytea);
                        break;
                    case string text:
                        writer.Write(text, NpgsqlDbType.Text);
                        break;
                    default:
                        writer.WriteNull();
                        break;
                }
            }
        }

        writer.Complete();
    }
}
