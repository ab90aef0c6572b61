export const OPERATOR = 'the-token-of-an-operator'
export const CLIENT = 'the-token-of-a-client'
/** Settings that make the services require these tokens. */
export const WITH_TOKENS = {
  OPERATOR_TOKENS: `someone:${OPERATOR}`,
  CLIENT_TOKENS: `anna:${CLIENT}`,
}
