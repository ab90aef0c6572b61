export const OPERATOR = 'the-token-of-an-operator'
export const CLIENT = 'the-token-of-a-client'
/** The settings with which the services ask for them. */
export const WITH_TOKENS = {
  OPERATOR_TOKENS: `someone:${OPERATOR}`,
  CLIENT_TOKENS: `anna:${CLIENT}`,
}
