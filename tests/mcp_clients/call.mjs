// A whole telephone call through one of the reference MCP clients; prints what it met as JSON.
// node call.mjs sdk|client|client-auto URL TOKEN NUMBER
const [which, url, token, number] = process.argv.slice(2);

const { Client, StreamableHTTPClientTransport } =
  which === "sdk"
    ? {
        ...(await import("@modelcontextprotocol/sdk/client/index.js")),
        ...(await import("@modelcontextprotocol/sdk/client/streamableHttp.js")),
      }
    : await import("@modelcontextprotocol/client");

const negotiation = which === "client-auto" ? { versionNegotiation: { mode: "auto" } } : {};
const client = new Client({ name: "reference", version: "1.0.0" }, negotiation);
const headers = { Authorization: `Bearer ${token}` };
await client.connect(
  new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } }),
);

const { tools } = await client.listTools();
const use = async (args, onprogress) => {
  const call = { name: tools[0].name, arguments: args };
  const options = onprogress && { onprogress };
  const result = which === "sdk"
    ? await client.callTool(call, undefined, options)
    : await client.callTool(call, options);
  return result.structuredContent;
};

const progress = [];
const placed = await use({ action: "initiate_call", to: number, message: "Shall I?" });
const ended = await use(
  { action: "wait", call_id: placed.call_id, until: "end", since: placed.cursor },
  (told) => progress.push(told.message),
);
const refused = await use({ action: "initiate_call", to: "the Millers" });
const version = client.getNegotiatedProtocolVersion?.() ?? null;
await client.close();
console.log(JSON.stringify({
  tools: tools.map((tool) => tool.name),
  version,
  end_reason: ended.end_reason,
  transcript: ended.transcript.map((line) => line.text),
  progress: progress.length,
  refused: refused.error.field,
}));
