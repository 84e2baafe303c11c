using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace AarenApp;

/// <summary>The one key of the service. Put what your company uses in its place: it is ASP.NET Core's authentication.</summary>
public sealed class ApiKey(string key)
{
    public const int MinLength = 16;

    private readonly byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(key));

    /// <summary>Whether a text is the key; how long it takes tells nothing of it.</summary>
    public bool Is(string text) => CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(text)), hash);
}

/// <summary>Lets in who sends <c>Authorization: Bearer KEY</c>.</summary>
public sealed class ApiKeyHandler(
    ApiKey key, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Key";

    private const string Bearer = "Bearer ";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        string? header = Request.Headers.Authorization;
        if (header?.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) != true)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }
        var user = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "key")], SchemeName));
        return Task.FromResult(key.Is(header[Bearer.Length..].Trim())
            ? AuthenticateResult.Success(new AuthenticationTicket(user, SchemeName)) : AuthenticateResult.Fail("It is another key."));
    }
}
