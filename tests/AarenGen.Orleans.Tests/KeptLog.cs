using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace AarenGen.Orleans.Tests;

/// <summary>Keeps the messages and exceptions that a host logs.</summary>
internal sealed class KeptLog : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<Exception> errors = [];
    private readonly ConcurrentQueue<string> messages = [];

    public IEnumerable<Exception> Errors => errors;

    public IEnumerable<string> Messages => messages;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        messages.Enqueue(formatter(state, exception));
        if (exception is not null)
        {
            errors.Enqueue(exception);
        }
    }

    public void Dispose()
    {
    }
}
