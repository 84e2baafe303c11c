using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AarenGen.Soak;

/// <summary>A connection on which a client may send whatever it likes.</summary>
internal sealed class RawConnection : IDisposable
{
    private const int AnswerMilliseconds = 30_000;

    /// <summary>A small buffer: the server feels it when its answers are not read.</summary>
    private readonly Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = 4096 };

    private RawConnection()
    {
    }

    public static async Task<RawConnection> OpenAsync(Uri server)
    {
        var connection = new RawConnection();
        try
        {
            await connection.socket.ConnectAsync(IPAddress.Loopback, server.Port);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Sends bytes; false: the server has closed the connection.</summary>
    public async Task<bool> TrySendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            for (int sent = 0; sent < bytes.Length; sent += await socket.SendAsync(bytes[sent..]))
            {
            }
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Sends text.</summary>
    public Task<bool> TrySendAsync(string text) => TrySendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Whether the server has answered, or closed the connection.</summary>
    public bool HasAnswer => socket.Poll(0, SelectMode.SelectRead);

    /// <summary>The status of the answer; <c>closed</c> where there is none, <c>no answer</c> after half a minute.</summary>
    public async Task<string> StatusAsync()
    {
        using var late = new CancellationTokenSource(AnswerMilliseconds);
        byte[] answer = new byte[64];
        try
        {
            int count = await socket.ReceiveAsync(answer, late.Token);
            string[] words = Encoding.Latin1.GetString(answer, 0, count).Split(' ');
            return words.Length > 1 && int.TryParse(words[1], CultureInfo.InvariantCulture, out int status)
                ? status.ToString(CultureInfo.InvariantCulture) : "closed";
        }
        catch (SocketException)
        {
            return "closed";
        }
        catch (OperationCanceledException)
        {
            return "no answer";
        }
    }

    public void Dispose() => socket.Dispose();
}
