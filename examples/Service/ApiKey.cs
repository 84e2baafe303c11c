using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Service;

/// <summary>The one key of the program: who has it may do all, and who has not, nothing.</summary>
internal sealed class ApiKey
{
    private const int Bytes = 24;

    private readonly byte[] hash;

    /// <summary>Reads the key of a folder; makes one where there is none.</summary>
    /// <param name="path">The file, which the user alone can read.</param>
    public ApiKey(string path)
    {
        string? kept = File.Exists(path) ? File.ReadAllText(path).Trim() : null;
        if (string.IsNullOrEmpty(kept))
        {
            kept = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Bytes));
            PrivateFile.Write(path, kept);
        }
        Value = kept;
        hash = Hash(Value);
    }

    public string Value { get; }

    /// <summary>The cookie of a browser: cookies are of a host, and another program may have another port of it.</summary>
    public static string CookieOf(HttpContext context) => $"aarengen-service-{context.Request.Host.Port ?? 80}";

    /// <summary>Whether a text is the key; how long it takes tells nothing of it.</summary>
    public bool Is(string? text) => text is not null && CryptographicOperations.FixedTimeEquals(Hash(text), hash);

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}

/// <summary>
/// Lets in who has the key: in the header <c>Authorization: Bearer KEY</c>, or, to read alone, in the cookie of the page. A page of another
/// site can make a browser send a cookie, but no header.
/// </summary>
internal sealed class ApiKeyHandler(
    ApiKey key, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Key";

    private const string Bearer = "Bearer ";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        string? header = Request.Headers.Authorization;
        bool isReading = HttpMethods.IsGet(Request.Method) || HttpMethods.IsHead(Request.Method);
        string? given = header?.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) == true ? header[Bearer.Length..].Trim()
            : isReading ? Request.Cookies[ApiKey.CookieOf(Context)] : null;
        if (given is null)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }
        var user = new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Name, "key")], SchemeName));
        return Task.FromResult(key.Is(given)
            ? AuthenticateResult.Success(new(user, SchemeName)) : AuthenticateResult.Fail("It is another key."));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer";
        await Results.Problem(
            "The key is missing or wrong: send the header 'Authorization: Bearer KEY' with the key that the program printed.", null,
            StatusCodes.Status401Unauthorized).ExecuteAsync(Context);
    }
}
